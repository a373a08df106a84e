package catalog

import (
	"strings"
	"testing"
)

// Ensures that the schemas shipped with the project load.
func TestShippedSchemas(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"schema.yaml", "icecat.yaml"} {
		s, err := LoadSchemaFile("../testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if len(s.Fields()) < 9 || s.Collection != "products" || s.Hash() == "" {
			t.Errorf("%s: got %d fields in %q", name, len(s.Fields()), s.Collection)
		}
	}
}

// Ensures that a wrong schema is refused with its line and key.
func TestSchemaErrors(t *testing.T) {
	t.Parallel()
	const title = "fields:\n  title: {path: t, type: text, search: {weight: 1}}\n"
	for _, test := range []struct{ name, in, want string }{
		{"empty", "", "schema is empty"},
		{"list", "- a", "line 1: must be a mapping"},
		{"no title", "id: x", "fields must declare title"},
		{"unknown top key", title + "colection: x", "line 3: colection is not a known key"},
		{"unknown field key", "fields:\n  title:\n    path: t\n    serach: {weight: 1}\n", "line 4: fields.title.serach is not a known key"},
		{"unknown search key", "fields:\n  title: {path: t, type: text, search: {wieght: 1}}", "line 2: fields.title.search.wieght is not a known key"},
		{"twice", title + "id: a\nid: b", "line 4: id occurs twice"},
		{"field twice", title + "  title: {path: t, type: text}", "line 3: fields.title is declared twice"},
		{"field name", title + "  Preis: {path: t, type: text}", "line 3: fields.Preis is no field name"},
		{"reserved", title + "  relevance: {path: t, type: text}", "fields.relevance is a reserved name"},
		{"type", title + "  a: {path: t, type: string}", "line 3: fields.a.type must be text, keyword"},
		{"standard type", title + "  price: {path: p, type: number}", "line 3: fields.price.type of price must be money"},
		{"no path", title + "  a: {type: text}", "fields.a.path is missing"},
		{"currency", title + "  price: {path: p, type: money, minor_units: 2, unit: minor}", "fields.price.currency must be"},
		{"minor units", title + "  price: {path: p, type: money, currency: EUR, unit: minor}", "fields.price.minor_units is missing"},
		{"unit", title + "  price: {path: p, type: money, currency: EUR, minor_units: 2}", "fields.price.unit must be"},
		{"unit of text", title + "  a: {path: p, type: text, unit: minor}", "fields.a.type must be money"},
		{"facet of text", title + "  a: {path: p, type: text, facet: true}", "fields.a.facet is not for text"},
		{"search of number", title + "  a: {path: p, type: number, search: {weight: 1}}", "fields.a.search is for text"},
		{"weight", title + "  a: {path: p, type: text, search: {weight: -1}}", "fields.a.search.weight must be a number"},
		{"weight NaN", title + "attribute_weight: .nan", "attribute_weight must be a number"},
		{"bool", title + "  a: {path: p, type: keyword, facet: yes please}", "fields.a.facet must be true or false"},
		{"identifier", title + "  a: {path: p, type: keyword, identifier: true}", "fields.a.identifier needs search"},
		{"separator", title + "  a: {path: p, type: keyword, separator: x}", "fields.a.separator is for categories"},
		{"visibility", title + "visibility: {path: x}", "line 3: visibility needs path and values"},
		{"two stars", title + "attributes: [{pattern: \"a*b*\"}]", "attributes[0].pattern must hold exactly one *"},
		{"no star", title + "attributes: [{pattern: a}]", "attributes[0].pattern must hold exactly one *"},
		{"style", title + "attributes: [{path: a, style: list}]", "attributes[0] needs pattern, or path"},
		{"pair names", title + "attributes: [{path: a, style: object, name: x}]", "attributes[0] has name or value"},
		{"not yaml", "a: [", "yaml"},
		{"null", title + "id:", "id must be text"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := LoadSchema(strings.NewReader(test.in))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want it to contain %q", err, test.want)
			}
		})
	}
}
