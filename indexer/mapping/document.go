package mapping

import (
	"github.com/aisle-search/aisle/catalog"
	"github.com/aisle-search/aisle/search"
)

// kinds says what the index makes of the catalogue's kinds. Addresses are only
// displayed, so the index does not know of them.
var kinds = map[catalog.Kind]search.Kind{
	catalog.KindText:    search.Text,
	catalog.KindKeyword: search.Keyword,
	catalog.KindNumber:  search.Number,
	catalog.KindMoney:   search.Money,
	catalog.KindDate:    search.Date,
	catalog.KindBool:    search.Bool,
}

// SearchSchema is what the index has to know of the catalogue's schema.
func SearchSchema(s *catalog.Schema) search.Schema {
	out := search.Schema{AttributeWeight: s.AttributeWeight, Hash: s.Hash()}
	for _, f := range s.Fields() {
		kind, ok := kinds[f.Kind]
		if !ok {
			continue
		}
		out.Fields = append(out.Fields, search.Field{
			Name: f.Name, Kind: kind, Weight: f.Weight, Identifier: f.Identifier,
			Facet: f.Facet, Sort: f.Sort, Currency: f.Currency, MinorUnits: f.MinorUnits,
		})
	}
	return out
}

// Converter makes documents for one generation. A generation of an older schema
// is fed until its successor serves; fields that it does not know are left out.
type Converter struct {
	from *catalog.Schema
	// takes is the fields that both schemas have alike; nil means all.
	takes map[string]bool
}

// NewConverter makes one for documents of a schema and a generation of another, or the
// same.
func NewConverter(from *catalog.Schema, to search.Schema) Converter {
	c := Converter{from: from}
	now := SearchSchema(from)
	if now.Hash == to.Hash {
		return c
	}
	c.takes = map[string]bool{}
	known := map[string]search.Kind{}
	for _, f := range to.Fields {
		known[f.Name] = f.Kind
	}
	for _, f := range now.Fields {
		c.takes[f.Name] = known[f.Name] == f.Kind
	}
	return c
}

func (c Converter) wants(field string) bool { return c.takes == nil || c.takes[field] }

// Document is a product as the index takes it.
func (c Converter) Document(p catalog.Product) search.Document {
	d := search.Document{
		ID: string(p.ID), Group: p.Group, Digest: p.Digest(),
		AttributeText: p.AttributeText(),
		Display:       p.AppendDisplay(nil),
		Detail:        p.AppendDetail(nil),
	}
	for _, t := range p.Texts {
		if c.wants(t.Field) {
			d.Texts = append(d.Texts, search.TextValue{Field: t.Field, Text: t.Text})
		}
	}
	for _, k := range p.Keywords {
		if c.wants(k.Field) {
			d.Keywords = append(d.Keywords, search.KeywordValue{Field: k.Field, Value: k.Text})
		}
	}
	for _, n := range p.Numbers {
		if c.wants(n.Field) {
			d.Numbers = append(d.Numbers, search.NumberValue{Field: n.Field, Value: n.Number})
		}
	}
	for _, a := range p.Attributes {
		addAttribute(&d, a)
	}
	return d
}

func addAttribute(d *search.Document, a catalog.Attribute) {
	for _, v := range a.Values {
		switch v.Kind {
		case catalog.KindNumber, catalog.KindMoney, catalog.KindDate:
			d.Numbers = append(d.Numbers, search.NumberValue{Field: a.Name, Value: v.Number})
		default:
			d.Keywords = append(d.Keywords, search.KeywordValue{Field: a.Name, Value: v.Text})
		}
	}
}
