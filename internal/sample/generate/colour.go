package generate

import (
	"fmt"

	"github.com/aisle-search/aisle/internal/sample/picture"
)

// colour is a colour as the shop names it.
type colour struct {
	Name   string `yaml:"name"`
	Code   string `yaml:"code"`   // in part numbers
	Family string `yaml:"family"` // what people look for: one of picture's tints, with a capital
	Tint   string `yaml:"tint"`   // of the picture
}

// imageFolder is where the shop's pages serve the pictures.
const imageFolder = "/static/products/"

// image is the address of a product's picture. What has no colour is drawn in
// that of its material.
func (s *shop) image(shape, colourName string, attributes map[string]any) string {
	tint := s.colours[colourName].Tint
	if tint == "" {
		tint = materialTint(fmt.Sprint(attributes["material"]))
	}
	return imageFolder + shape + "-" + tint + ".svg"
}

func materialTint(material string) string {
	for _, m := range []struct{ material, tint string }{
		{"Stainless steel", "steel"}, {"Steel", "steel"}, {"Chrome vanadium steel", "steel"}, {"Aluminium", "steel"}, {"Cast iron", "black"},
		{"Carbon steel", "black"}, {"Glass", "blue"}, {"Oak", "brown"}, {"Beech", "brown"}, {"Walnut", "brown"}, {"Acacia", "brown"},
		{"Bamboo", "brown"}, {"Pine", "brown"}, {"Leather", "brown"}, {"Cork", "brown"}, {"Stoneware", "grey"}, {"Porcelain", "white"},
		{"Terracotta", "orange"}, {"Copper", "orange"}, {"Cotton", "white"},
	} {
		if m.material == material {
			return m.tint
		}
	}
	return picture.DefaultTint
}
