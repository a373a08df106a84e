package schema

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/aisle-search/aisle/search/layout"
)

// attributePrefix begins the names of attributes.
const attributePrefix = "attr."

// TextField is one field that BM25F scores: a searched field of the schema, the
// modifiers of the title, or the text of all attributes.
type TextField struct {
	Name       string // as explanations show it
	Source     string // the field of a document that it is read from; empty: the text of attributes
	Weight     float64
	Identifier bool
	Pack       int  // of Terms
	Shift      uint // of the field's bits in the pack
}

// Part is what belongs to the field of a text of its source.
func (f *TextField) Part(text string) string {
	if f.Source != titleField {
		return text
	}
	head, modifiers := splitTitle(text)
	if f.Name == modifierField {
		return modifiers
	}
	return head
}

// attributesField is the text field of all attributes together.
const attributesField = "attr"

// Compiled is a Schema with its lookups.
type Compiled struct {
	Schema
	ByName map[string]*Field
	Texts  []TextField
	Packs  []string // index fields that hold the terms of texts
	Slots  []int    // texts in the order of their bits, over all packs
}

// Compile checks a schema and makes its lookups.
func Compile(s Schema) (*Compiled, error) {
	c := &Compiled{Schema: s, ByName: map[string]*Field{}}
	for i := range s.Fields {
		f := &c.Fields[i]
		switch {
		case f.Name == "" || strings.ContainsRune(f.Name, layout.Separator):
			return nil, fmt.Errorf("schema: field %q: not a name", f.Name)
		case strings.HasPrefix(f.Name, attributePrefix) || f.Name == attributesField || f.Name == modifierField:
			return nil, fmt.Errorf("schema: field %q: names of attributes are not declared", f.Name)
		case c.ByName[f.Name] != nil:
			return nil, fmt.Errorf("schema: field %q: declared twice", f.Name)
		case f.Weight < 0:
			return nil, fmt.Errorf("schema: field %q: weight %v is negative", f.Name, f.Weight)
		}
		c.ByName[f.Name] = f
		if f.Weight > 0 {
			c.addText(TextField{Name: f.Name, Source: f.Name, Weight: f.Weight, Identifier: f.Identifier})
			if f.Name == titleField {
				c.addText(TextField{Name: modifierField, Source: titleField, Weight: f.Weight * modifierShare})
			}
		}
	}
	if s.AttributeWeight > 0 {
		c.addText(TextField{Name: attributesField, Weight: s.AttributeWeight})
	}
	if len(c.Texts) > maxTexts {
		return nil, fmt.Errorf("schema: %d searched fields, at most %d", len(c.Texts), maxTexts)
	}
	c.layOut()
	return c, nil
}

// maxTexts bounds the text fields.
const maxTexts = 32

func (c *Compiled) addText(f TextField) { c.Texts = append(c.Texts, f) }

// layOut gives each text field its bits. A term that one document holds once, in the
// field of the lowest bits, costs no postings list at all (Bleve keeps it in the
// dictionary): so that is the first identifier, whose terms are mostly of that kind.
// Then come the attributes and the texts, the last declared first: titles are declared
// before descriptions. Weights do not matter, as they may change without a rebuild.
func (c *Compiled) layOut() {
	order := make([]int, len(c.Texts))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(c.packRank(a), c.packRank(b)) })
	for slot, i := range order {
		c.Texts[i].Pack, c.Texts[i].Shift = slot/layout.PackFields, uint(slot%layout.PackFields)*layout.PackBits
	}
	c.Slots = order
	for n := range (len(c.Texts) + layout.PackFields - 1) / layout.PackFields {
		c.Packs = append(c.Packs, layout.Terms+strconv.Itoa(n))
	}
}

// packRank orders text fields by the place of their bits.
func (c *Compiled) packRank(i int) int {
	t := &c.Texts[i]
	first := slices.IndexFunc(c.Texts, func(t TextField) bool { return t.Identifier })
	switch f := c.ByName[t.Name]; {
	case i == first:
		return -maxTexts - 2
	case t.Name == attributesField:
		return -maxTexts - 1
	case f != nil && f.Kind == Text && !t.Identifier:
		return -i
	case t.Name == modifierField:
		return 2
	default:
		return 1
	}
}

// KindOf is the kind of a field; attributes have none of their own and answer 0.
func (c *Compiled) KindOf(name string) (k Kind, known bool) {
	if f := c.ByName[name]; f != nil {
		return f.Kind, true
	}
	return 0, IsAttribute(name)
}

// IsAttribute tells whether a name is that of an attribute.
func IsAttribute(name string) bool {
	return len(name) > len(attributePrefix) && strings.HasPrefix(name, attributePrefix)
}
