package search

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
	Weight     float64
	Identifier bool
	pack       int  // of Terms
	shift      uint // of the field's bits in the pack
}

// Values are the texts of a document that belong to the field.
func (f *TextField) Values(d *Document) []string {
	if f.Name == attributesField {
		return d.AttributeText
	}
	source := f.Name
	if source == modifierField {
		source = titleField
	}
	var out []string
	for _, v := range d.Texts {
		if v.Field != source {
			continue
		}
		text := v.Text
		if source == titleField {
			head, modifiers := splitTitle(text)
			if text = head; f.Name == modifierField {
				text = modifiers
			}
		}
		out = append(out, text)
	}
	return out
}

// TextFields are the fields that BM25F scores under a schema, in the order in
// which their shares are added up.
func TextFields(s Schema) ([]TextField, error) {
	c, err := compileSchema(s)
	if err != nil {
		return nil, err
	}
	return c.texts, nil
}

// attributesField is the text field of all attributes together.
const attributesField = "attr"

// compiledSchema is a Schema with its lookups.
type compiledSchema struct {
	Schema
	byName map[string]*Field
	texts  []TextField
	packs  []string // index fields that hold the terms of texts
	slots  []int    // texts in the order of their bits, over all packs
}

func compileSchema(s Schema) (*compiledSchema, error) {
	c := &compiledSchema{Schema: s, byName: map[string]*Field{}}
	for i := range s.Fields {
		f := &c.Fields[i]
		switch {
		case f.Name == "" || strings.ContainsRune(f.Name, layout.Separator):
			return nil, fmt.Errorf("schema: field %q: not a name", f.Name)
		case strings.HasPrefix(f.Name, attributePrefix) || f.Name == attributesField || f.Name == modifierField:
			return nil, fmt.Errorf("schema: field %q: names of attributes are not declared", f.Name)
		case c.byName[f.Name] != nil:
			return nil, fmt.Errorf("schema: field %q: declared twice", f.Name)
		case f.Weight < 0:
			return nil, fmt.Errorf("schema: field %q: weight %v is negative", f.Name, f.Weight)
		}
		c.byName[f.Name] = f
		if f.Weight > 0 {
			c.addText(TextField{Name: f.Name, Weight: f.Weight, Identifier: f.Identifier})
			if f.Name == titleField {
				c.addText(TextField{Name: modifierField, Weight: f.Weight * modifierShare})
			}
		}
	}
	if s.AttributeWeight > 0 {
		c.addText(TextField{Name: attributesField, Weight: s.AttributeWeight})
	}
	if len(c.texts) > maxTexts {
		return nil, fmt.Errorf("schema: %d searched fields, at most %d", len(c.texts), maxTexts)
	}
	c.pack()
	return c, nil
}

// maxTexts bounds the text fields.
const maxTexts = 32

func (c *compiledSchema) addText(f TextField) { c.texts = append(c.texts, f) }

// pack gives each text field its bits. A term that one document holds once, in the
// field of the lowest bits, costs no postings list at all (Bleve keeps it in the
// dictionary): so that is the first identifier, whose terms are mostly of that kind.
// Then come the attributes and the texts, the last declared first: titles are declared
// before descriptions. Weights do not matter, as they may change without a rebuild.
func (c *compiledSchema) pack() {
	order := make([]int, len(c.texts))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(c.packRank(a), c.packRank(b)) })
	for slot, i := range order {
		c.texts[i].pack, c.texts[i].shift = slot/layout.PackFields, uint(slot%layout.PackFields)*layout.PackBits
	}
	c.slots = order
	for n := range (len(c.texts) + layout.PackFields - 1) / layout.PackFields {
		c.packs = append(c.packs, layout.Terms+strconv.Itoa(n))
	}
}

// packRank orders text fields by the place of their bits.
func (c *compiledSchema) packRank(i int) int {
	t := &c.texts[i]
	first := slices.IndexFunc(c.texts, func(t TextField) bool { return t.Identifier })
	switch f := c.byName[t.Name]; {
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

// kind is the kind of a field; attributes have none of their own and answer 0.
func (c *compiledSchema) kind(name string) (k Kind, known bool) {
	if f := c.byName[name]; f != nil {
		return f.Kind, true
	}
	return 0, isAttribute(name)
}

func isAttribute(name string) bool {
	return len(name) > len(attributePrefix) && strings.HasPrefix(name, attributePrefix)
}

// numeric tells whether the field's values are numbers.
func (k Kind) numeric() bool { return k == Number || k == Money || k == Date }
