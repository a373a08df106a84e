package mapping

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/aisle-search/aisle/catalog"
	"github.com/aisle-search/aisle/search"
)

func loadSchema(t *testing.T) *catalog.Schema {
	t.Helper()
	schema, err := catalog.LoadSchema(strings.NewReader(`
visibility: {path: status, values: ["on"]}
fields:
  title: {path: title, type: text, search: {weight: 3}, sort: true, display: true}
  brand: {path: brand, type: keyword, facet: true, display: true}
  price: {path: price, type: money, currency: EUR, minor_units: 2, unit: minor, facet: true, sort: true, display: true}
attributes:
  - {path: attrs, style: object}
attribute_weight: 1
`))
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// anything is an index that takes all.
type anything struct{}

func (anything) Check(*search.Document) error { return nil }

// Of several changes of one product in a batch the last that can be applied counts,
// and the last that cannot becomes the letter.
func TestMapSeveralOfOneProduct(t *testing.T) {
	t.Parallel()
	schema := loadSchema(t)
	convert := NewConverter(schema, SearchSchema(schema))
	doc := func(price any) catalog.Change {
		raw, err := bson.Marshal(bson.D{{Key: "_id", Value: "P"}, {Key: "status", Value: "on"}, {Key: "title", Value: "P"}, {Key: "price", Value: price}})
		if err != nil {
			t.Fatal(err)
		}
		return catalog.Change{ID: "P", Op: catalog.OpUpsert, Raw: raw}
	}
	gone := catalog.Change{ID: "P", Op: catalog.OpDelete}
	for _, tt := range []struct {
		name    string
		changes []catalog.Change
		want    string
	}{
		{"the last is good", []catalog.Change{doc("bad"), doc(1), doc(2)}, "put [2] good [P]"},
		{"the last is bad", []catalog.Change{doc(1), doc(2), doc("bad")}, "put [2] letters [P]"},
		{"the last two are bad", []catalog.Change{doc(1), doc("bad"), doc("worse")}, "put [1] letters [P]"},
		{"all are bad", []catalog.Change{doc("bad"), doc("worse")}, "letters [P]"},
		{"bad after a deletion", []catalog.Change{doc(1), gone, doc("bad")}, "delete [P] letters [P]"},
		{"deleted in the end", []catalog.Change{doc(1), doc("bad"), gone}, "delete [P] good [P]"},
	} {
		m := Changes(convert, anything{}, tt.changes, time.Now())
		var got []string
		note := func(what string, of []string) {
			if len(of) > 0 {
				got = append(got, fmt.Sprint(what, " ", of))
			}
		}
		var prices, letters []string
		for _, d := range m.Batch.Documents {
			for _, n := range d.Numbers {
				prices = append(prices, fmt.Sprint(n.Value))
			}
		}
		for _, l := range m.Letters {
			letters = append(letters, l.ID)
		}
		note("put", prices)
		note("delete", m.Batch.Deletes)
		note("good", m.Good)
		note("letters", letters)
		if diff := cmp.Diff(tt.want, strings.Join(got, " ")); diff != "" {
			t.Errorf("%s: want -, got +:\n%s", tt.name, diff)
		}
	}
}

// A field that the index knows under another kind is left out
// of documents for an older generation.
func TestConverterForOlderSchema(t *testing.T) {
	t.Parallel()
	schema := loadSchema(t)
	older := SearchSchema(schema)
	older.Hash = "older"
	for i := range older.Fields {
		if older.Fields[i].Name == "price" {
			older.Fields[i].Kind = search.Keyword
		}
	}
	raw, err := bson.Marshal(bson.D{{Key: "_id", Value: "P"}, {Key: "status", Value: "on"}, {Key: "title", Value: "t"},
		{Key: "brand", Value: "b"}, {Key: "price", Value: 5}, {Key: "attrs", Value: bson.D{{Key: "n", Value: 2}, {Key: "k", Value: "v"}}}})
	if err != nil {
		t.Fatal(err)
	}
	product, err := schema.Product(raw)
	if err != nil {
		t.Fatal(err)
	}
	got := NewConverter(schema, older).Document(product)
	want := search.Document{
		ID: "P", Digest: product.Digest(), Display: product.AppendDisplay(nil), Detail: product.AppendDetail(nil),
		Texts:         []search.TextValue{{Field: "title", Text: "t"}},
		Keywords:      []search.KeywordValue{{Field: "brand", Value: "b"}, {Field: "attr.k", Value: "v"}},
		Numbers:       []search.NumberValue{{Field: "attr.n", Value: 2}},
		AttributeText: []string{"v"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("document (-want +got):\n%s", diff)
	}
	if got := NewConverter(schema, SearchSchema(schema)).Document(product); len(got.Numbers) != 2 {
		t.Errorf("numbers for its own schema: got %v, want price and attribute", got.Numbers)
	}
}
