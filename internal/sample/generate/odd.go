package generate

import (
	"strings"
)

// odd is a product that is written out in full.
type odd struct {
	SKU         string         `yaml:"sku"`
	Name        string         `yaml:"name"`
	Brand       string         `yaml:"brand"`
	Categories  []string       `yaml:"categories"`
	Cents       int64          `yaml:"cents"`
	Released    string         `yaml:"released"`
	Status      string         `yaml:"status"` // empty is published
	EAN         string         `yaml:"ean"`
	Picture     string         `yaml:"picture"` // shape-tint
	Description string         `yaml:"description"`
	Tags        []string       `yaml:"tags"`
	Attributes  map[string]any `yaml:"attributes"`
	Extra       map[string]any `yaml:"extra"` // further members of the document
}

// oddPopularity sells a few of each.
const oddPopularity = 0.3

func (o *odd) product() product {
	p := product{
		sku: o.SKU, title: o.Name, description: o.Description, brand: o.Brand, categories: o.Categories,
		cents: o.Cents, released: o.Released, status: o.Status, ean: o.EAN, tags: o.Tags,
		attributes: o.Attributes, extra: o.Extra, group: o.SKU, popularity: oddPopularity,
	}
	if p.status == "" {
		p.status = "published"
	}
	if o.Picture != "" {
		p.image = imageFolder + o.Picture + ".svg"
	}
	if len(o.Categories) > 0 {
		p.kind = strings.TrimSuffix(o.Categories[len(o.Categories)-1], "s")
	}
	return p
}
