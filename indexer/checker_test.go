package indexer

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/aisle-search/aisle/catalog"
	"github.com/aisle-search/aisle/internal/shop"
	"github.com/aisle-search/aisle/search"
)

// shown bounds how many differences the checker lists.
const shown = 20

// check compares every product of the index with what MongoDB and Postgres hold,
// and lists what is missing, extra or different. It says "" when all is well.
func (r *rig) check(ctx context.Context, p *pipeline) string {
	wantDocs, err := r.trueDocuments(ctx)
	if err != nil {
		return err.Error()
	}
	wantSignals, err := r.trueSignals(ctx)
	if err != nil {
		return err.Error()
	}
	serving, ok := p.store.Serving()
	if !ok {
		return "no index serves"
	}
	got := map[string]uint64{}
	serving.IDs(func(id string, digest uint64) bool {
		got[id] = digest
		return true
	})
	var wrong []string
	for id, digest := range wantDocs {
		switch held, ok := got[id]; {
		case !ok:
			wrong = append(wrong, "missing "+id)
		case held != digest:
			wrong = append(wrong, "different "+id)
		}
	}
	for id := range got {
		if _, ok := wantDocs[id]; !ok {
			wrong = append(wrong, "extra "+id)
		}
	}
	wrong = append(wrong, wrongSignals(ctx, p.store, slices.Sorted(maps.Keys(got)), wantSignals)...)
	if len(got) != serving.Documents() {
		wrong = append(wrong, fmt.Sprintf("%d ids and %d documents", len(got), serving.Documents()))
	}
	slices.Sort(wrong)
	if len(wrong) > shown {
		wrong = append(wrong[:shown], fmt.Sprintf("and %d more", len(wrong)-shown))
	}
	return strings.Join(wrong, ", ")
}

func wrongSignals(ctx context.Context, store *search.Store, ids []string, want map[string]search.Signal) (wrong []string) {
	for _, id := range ids {
		expected := want[id]
		expected.ID = id
		switch record, err := store.Product(ctx, id); {
		case errors.Is(err, search.ErrNotFound):
			wrong = append(wrong, "not found "+id)
		case err != nil:
			wrong = append(wrong, id+": "+err.Error())
		default:
			if got := record.Signal; got != expected {
				wrong = append(wrong, fmt.Sprintf("signal %+v, want %+v", got, expected))
			}
		}
	}
	return wrong
}

// trueDocuments is the digest of each product that can be shown. Documents that
// are no products are kept out of the comparison by their dead letter.
func (r *rig) trueDocuments(ctx context.Context) (map[string]uint64, error) {
	schema, err := catalog.LoadSchemaFile(r.at.Schema)
	if err != nil {
		return nil, err
	}
	cursor, err := r.products.Find(ctx, bson.D{})
	if err != nil {
		return nil, err
	}
	defer cursor.Close(ctx)
	want := map[string]uint64{}
	for cursor.Next(ctx) {
		if p, err := schema.Product(cursor.Current); err == nil && p.Visible {
			want[string(p.ID)] = p.Digest()
		}
	}
	return want, cursor.Err()
}

// trueSignals sums stock and lines in SQL.
func (r *rig) trueSignals(ctx context.Context) (map[string]search.Signal, error) {
	held, err := (&shop.Shop{SQL: r.sql}).Signals(ctx)
	want := make(map[string]search.Signal, len(held))
	for id, s := range held {
		want[id] = search.Signal{ID: id, Tracked: s.Tracked, Stock: max(s.Stock, 0), Sold7: s.Sold7, Sold30: s.Sold30}
	}
	return want, err
}
