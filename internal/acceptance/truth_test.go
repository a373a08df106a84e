package acceptance

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/aisle-search/aisle/catalog"
	"github.com/aisle-search/aisle/internal/client"
	"github.com/aisle-search/aisle/internal/poll"
	"github.com/aisle-search/aisle/internal/shop"
)

// truth is a product as the databases have it.
type truth struct {
	display, detail client.Fields
	shop.Signals
}

// truths reads every product that can be found, and the ids of published
// documents that are no products.
func (s *testShop) truths(t *testing.T) (products map[string]truth, broken []string) {
	t.Helper()
	products = map[string]truth{}
	documents, err := s.Documents(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	signals, err := s.Signals(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range documents {
		p, err := s.schema.Product(d)
		var invalid *catalog.InvalidError
		switch {
		case errors.As(err, &invalid) && invalid.Hidden: // neither found nor to be mended
		case err != nil:
			broken = append(broken, d.Lookup("_id").StringValue())
		case p.Visible:
			products[string(p.ID)] = truth{object(t, p.AppendDisplay(nil)), object(t, p.AppendDetail(nil)), signals[string(p.ID)]}
		}
	}
	return products, broken
}

func object(t *testing.T, text []byte) (fields client.Fields) {
	t.Helper()
	if err := json.Unmarshal(text, &fields); err != nil {
		t.Fatal(err)
	}
	return fields
}

// shownDifferences bounds what a failed check prints.
const shownDifferences = 20

// check compares every product that the server shows, by walking and by asking
// for each, with the databases. Nobody may write meanwhile. Of a document that is
// no product the last good version may still be shown.
func (s *testShop) check(t *testing.T, v *server) (wrong []string) {
	t.Helper()
	differ := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	want, broken := s.truths(t)
	hits, total, err := v.walk()
	if err != nil {
		return []string{err.Error()}
	}
	if total != len(hits) {
		differ("total is %d, but %d products come", total, len(hits))
	}
	for id := range hits {
		if _, ok := want[id]; !ok && !slices.Contains(broken, id) {
			differ("%s is found, but should not be", id)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(want)) {
		w := want[id]
		if hits[id] == nil {
			differ("%s is not found", id)
			continue
		}
		wrong = append(wrong, w.compareShown("hit "+id, hits[id], w.display)...)
		wrong = append(wrong, w.compareRecord(v, id)...)
	}
	letters := 0
	for _, source := range v.status(t).Sources {
		letters += source.DeadLetters
	}
	if letters != len(broken) {
		differ("%d dead letters, want %d: %s", letters, len(broken), strings.Join(broken, " "))
	}
	if n := len(wrong); n > shownDifferences {
		wrong = append(wrong[:shownDifferences], fmt.Sprintf("and %d more", n-shownDifferences))
	}
	return wrong
}

// walk walks through all products; one that comes twice is an error.
func (v *server) walk() (hits map[string]client.Fields, total int, err error) {
	return client.Walk(context.Background(), func(ctx context.Context, query url.Values) (p page, err error) {
		err = v.Get(ctx, client.SearchPath, query, &p)
		return p, err
	})
}

// compareRecord asks for one product.
func (w truth) compareRecord(v *server, id string) (wrong []string) {
	var got struct {
		Product client.Fields `json:"product"`
		Sold7   int64         `json:"sold_7d"`
		Sold30  int64         `json:"sold_30d"`
	}
	code, err := v.get("/v1/products/"+url.PathEscape(id), &got)
	if code != http.StatusOK || err != nil {
		return []string{fmt.Sprintf("product %s: status %d, %v", id, code, err)}
	}
	if got.Sold7 != w.Sold7 || got.Sold30 != w.Sold30 {
		wrong = append(wrong, fmt.Sprintf("product %s: sold %d and %d, want %d and %d", id, got.Sold7, got.Sold30, w.Sold7, w.Sold30))
	}
	return append(wrong, w.compareShown("product "+id, got.Product, w.detail)...)
}

// compareShown compares shown fields, of which stock comes from Postgres.
func (w truth) compareShown(what string, got, document client.Fields) (wrong []string) {
	want := maps.Clone(document)
	want["stock"], want["in_stock"] = json.RawMessage("null"), json.RawMessage("false")
	if w.Tracked {
		want["stock"] = json.RawMessage(fmt.Sprint(w.Stock))
		want["in_stock"] = json.RawMessage(fmt.Sprint(w.Stock > 0))
	}
	for name, value := range want {
		if !bytes.Equal(got[name], value) {
			wrong = append(wrong, fmt.Sprintf("%s: %s is %s, want %s", what, name, got[name], value))
		}
	}
	if len(got) != len(want) {
		wrong = append(wrong, fmt.Sprintf("%s: %d fields, want %d", what, len(got), len(want)))
	}
	return wrong
}

// mustEqual waits until the server has seen every write, and checks.
func (s *testShop) mustEqual(t *testing.T, v *server) {
	t.Helper()
	v.waitReady(t)
	s.settle(t, v)
	if wrong := s.check(t, v); len(wrong) > 0 {
		t.Fatalf("the server differs from the databases:\n%s", strings.Join(wrong, "\n"))
	}
}

// marker is a product that only settle writes.
const marker = "ACCEPTANCE-MARKER"

// settle writes to both databases through the server, and waits until searches
// see that, and so all that was written before.
func (s *testShop) settle(t *testing.T, v *server) {
	t.Helper()
	if _, err := s.orders.SetStock(t.Context(), marker, 1_000_000); err != nil {
		t.Fatal(err)
	}
	token := v.write(t, http.MethodPut, "/v1/products/"+marker, "", nil,
		map[string]any{"name": "Marker of " + bson.NewObjectID().Hex(), "status": "published"})
	token = v.write(t, http.MethodPost, "/v1/orders", token, []string{"Idempotency-Key", bson.NewObjectID().Hex()},
		map[string]any{"customer": "acceptance", "lines": []any{map[string]any{"product": marker, "quantity": 1}}})
	poll.Eventually(t, "searches see all writes", func() bool {
		p, err := v.search("q", marker, "consistency", token, "wait_ms", "2000", "strict", "true")
		return err == nil && !p.Index.Stale
	})
	poll.Eventually(t, "both sources stream and nothing is pending", func() bool {
		return v.status(t).Quiet()
	})
}
