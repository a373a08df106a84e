package generate

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// document is a product as the shop stores it; testdata/schema.yaml says how
// Aisle reads that.
type document struct {
	SKU         string         `json:"sku"`
	Name        string         `json:"name"`
	Brand       *named         `json:"brand,omitempty"`
	Categories  []string       `json:"categories,omitempty"`
	Price       *price         `json:"price,omitempty"`
	Status      string         `json:"status"`
	ReleasedAt  string         `json:"released_at,omitempty"`
	Family      string         `json:"family,omitempty"`
	EANs        []string       `json:"eans,omitempty"`
	Rating      float64        `json:"rating,omitempty"`
	Tags        []string       `json:"tags,omitempty"`
	Eco         bool           `json:"eco"`
	Images      []picturePlace `json:"images,omitempty"`
	Links       *links         `json:"links,omitempty"`
	Description string         `json:"description"`
	Attributes  map[string]any `json:"attributes,omitempty"`
	Specs       []spec         `json:"specs,omitempty"`
}

type named struct {
	Name string `json:"name"`
}

type price struct {
	Amount   int64  `json:"amount"` // cents
	Currency string `json:"currency"`
}

type picturePlace struct {
	URL string `json:"url"`
	Alt string `json:"alt"`
}

type links struct {
	Manual string `json:"manual"`
}

type spec struct {
	Label string `json:"label"`
	Value any    `json:"value"`
}

func (p *product) document() document {
	d := document{
		SKU: p.sku, Name: p.title, Categories: p.categories, Status: p.status, ReleasedAt: p.released,
		Family: p.family, Rating: p.rating, Tags: p.tags, Eco: p.eco, Description: p.description,
	}
	if p.brand != "" {
		d.Brand = &named{p.brand}
	}
	if p.cents > 0 {
		d.Price = &price{p.cents, currency}
	}
	if p.ean != "" {
		d.EANs = []string{p.ean}
	}
	if p.image != "" {
		d.Images = []picturePlace{{URL: p.image, Alt: p.title}}
	}
	if !p.electric() {
		d.Attributes = p.attributes
		return d
	}
	// The electronics come from a supplier's feed, which lists its values.
	d.Links = &links{Manual: "https://manuals.example/" + p.sku + ".pdf"}
	for _, name := range slices.Sorted(maps.Keys(p.attributes)) {
		d.Specs = append(d.Specs, spec{name, p.attributes[name]})
	}
	return d
}

func (p *product) electric() bool {
	return len(p.categories) > 0 && p.categories[0] == "Electronics"
}

// jsonLine writes a product; extra members come last.
func (p *product) jsonLine() ([]byte, error) {
	line, err := marshal(p.document())
	if err != nil || len(p.extra) == 0 {
		return line, err
	}
	extra, err := marshal(p.extra)
	if err != nil {
		return nil, err
	}
	return append(bytes.TrimSuffix(line, []byte("}")), ","+strings.TrimPrefix(string(extra), "{")...), nil
}

// marshal leaves <, > and & as they are.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}
