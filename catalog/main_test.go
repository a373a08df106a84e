package catalog

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/aisle-search/aisle/internal/devdb"
)

const testSchema = `
id: sku
visibility: {path: status, values: [on]}
variant_group: family
fields:
  title: {path: name, type: text, search: {weight: 2}, sort: true, display: true}
  brand: {path: brand.name, type: keyword, search: {weight: 1}, facet: true, display: true}
  category: {path: [cat, cats], type: category, facet: true, display: true}
  price: {path: price, type: money, currency: EUR, minor_units: 2, unit: minor, sort: true, display: true}
  released: {path: released, type: date, display: true}
  rating: {path: rating, type: number}
  eco: {path: eco, type: bool}
  image: {path: images.0.url, type: image, display: true}
  blurb: {path: blurb, type: text, html: true, search: {weight: 1}}
attribute_weight: 0.5
attributes:
  - {path: attributes, style: object}
  - {path: specs, style: pairs, name: k, value: v}
  - {pattern: "attr_t_*", type: text}
  - {pattern: "attr_n_*", type: number}
  - {pattern: "attr_b_*", type: bool}
`

func parseSchema(t testing.TB, text string) *Schema {
	t.Helper()
	s, err := LoadSchema(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// openStore opens a store on a fresh database.
func openStore(t testing.TB) *Store {
	t.Helper()
	return openAt(t, devdb.ForTest(t).MongoURI)
}

func openAt(t testing.TB, uri string) *Store {
	t.Helper()
	store, err := Open(t.Context(), Config{URI: uri, Schema: parseSchema(t, testSchema)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return store
}

func insert(t testing.TB, c *mongo.Collection, docs ...any) {
	t.Helper()
	if _, err := c.InsertMany(t.Context(), docs); err != nil {
		t.Fatal(err)
	}
}

// doc makes a product document that fits testSchema.
func doc(id any, title string) bson.D {
	return bson.D{{Key: "_id", Value: id}, {Key: "status", Value: "on"}, {Key: "name", Value: title}}
}

func docs(n int) []any {
	out := make([]any, n)
	for i := range out {
		out[i] = doc(fmt.Sprintf("p%05d", i), fmt.Sprint("Product ", i))
	}
	return out
}

// view is what a follower of the catalogue would hold: the documents it was
// handed, by id.
type view map[ProductID]string

func (v view) apply(c Change) error {
	switch c.Op {
	case OpUpsert:
		v[c.ID] = string(c.Raw)
	case OpDelete:
		delete(v, c.ID)
	}
	return nil
}

// stored reads the collection as a view.
func stored(t testing.TB, c *mongo.Collection) view {
	t.Helper()
	cursor, err := c.Find(t.Context(), bson.D{})
	if err != nil {
		t.Fatal(err)
	}
	out := view{}
	for cursor.Next(t.Context()) {
		raw := clone(cursor.Current)
		out[changeID(raw.Lookup("_id"))] = string(raw)
	}
	if err := cursor.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// timeout is the patience of tests with what should take milliseconds.
const timeout = 60 * time.Second
