package acceptance

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/aisle-search/aisle/catalog"
)

// truth is a product as the databases have it.
type truth struct {
	display, detail map[string]json.RawMessage
	tracked         bool
	stock           int64
	sold7, sold30   int64
}

// truths reads every product that can be found, and the ids of published
// documents that are no products.
func (s *shop) truths(t *testing.T) (products map[string]truth, broken []string) {
	t.Helper()
	products = map[string]truth{}
	documents, err := s.products.Find(t.Context(), bson.D{})
	if err != nil {
		t.Fatal(err)
	}
	defer documents.Close(t.Context())
	for documents.Next(t.Context()) {
		p, err := s.schema.Product(documents.Current)
		var invalid *catalog.InvalidError
		switch {
		case errors.As(err, &invalid) && invalid.Hidden: // neither found nor to be mended
		case err != nil:
			broken = append(broken, documents.Current.Lookup("_id").StringValue())
		case p.Visible:
			products[string(p.ID)] = truth{display: object(t, p.AppendDisplay(nil)), detail: object(t, p.AppendDetail(nil))}
		}
	}
	if err := documents.Err(); err != nil {
		t.Fatal(err)
	}
	s.addSignals(t, products)
	return products, broken
}

func object(t *testing.T, text []byte) (fields map[string]json.RawMessage) {
	t.Helper()
	if err := json.Unmarshal(text, &fields); err != nil {
		t.Fatal(err)
	}
	return fields
}

// addSignals reads stock and sums up what was sold, by days of UTC.
func (s *shop) addSignals(t *testing.T, products map[string]truth) {
	t.Helper()
	type row struct {
		Product              string
		Tracked              bool
		Stock, Sold7, Sold30 int64
	}
	rows, err := s.sql.Query(t.Context(), `
		SELECT coalesce(s.product_id, l.product_id), s.product_id IS NOT NULL, coalesce(s.on_hand - s.reserved, 0),
			coalesce(l.sold7, 0), coalesce(l.sold30, 0)
		FROM stock s FULL JOIN (
			SELECT product_id, sum(quantity) FILTER (WHERE age < 7) AS sold7, sum(quantity) FILTER (WHERE age < 30) AS sold30
			FROM (SELECT product_id, quantity,
				(now() AT TIME ZONE 'utc')::date - (created_at AT TIME ZONE 'utc')::date AS age
				FROM order_lines WHERE status <> 'cancelled') AS counted
			GROUP BY product_id
		) AS l ON l.product_id = s.product_id`)
	if err != nil {
		t.Fatal(err)
	}
	signals, err := pgx.CollectRows(rows, pgx.RowToStructByPos[row])
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range signals {
		if p, ok := products[r.Product]; ok {
			p.tracked, p.stock, p.sold7, p.sold30 = r.Tracked, r.Stock, r.Sold7, r.Sold30
			products[r.Product] = p
		}
	}
}

// shownDifferences bounds what a failed check prints.
const shownDifferences = 20

// check compares every product that the server shows, by walking and by asking
// for each, with the databases. Nobody may write meanwhile. Of a document that is
// no product the last good version may still be shown.
func (s *shop) check(t *testing.T, v *server) (wrong []string) {
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
func (v *server) walk() (hits map[string]map[string]json.RawMessage, total int, err error) {
	hits = map[string]map[string]json.RawMessage{}
	p, err := v.search("limit", "100")
	for err == nil {
		for _, h := range p.Hits {
			if hits[h.ID] != nil {
				return hits, p.Total, fmt.Errorf("%s is a hit twice", h.ID)
			}
			hits[h.ID] = h.Product
		}
		if p.Next == nil {
			return hits, p.Total, nil
		}
		p, err = v.search("limit", "100", "cursor", *p.Next)
	}
	return hits, 0, err
}

// compareRecord asks for one product.
func (w truth) compareRecord(v *server, id string) (wrong []string) {
	var got struct {
		Product map[string]json.RawMessage `json:"product"`
		Sold7   int64                      `json:"sold_7d"`
		Sold30  int64                      `json:"sold_30d"`
	}
	code, err := v.get("/v1/products/"+url.PathEscape(id), &got)
	if code != http.StatusOK || err != nil {
		return []string{fmt.Sprintf("product %s: status %d, %v", id, code, err)}
	}
	if got.Sold7 != w.sold7 || got.Sold30 != w.sold30 {
		wrong = append(wrong, fmt.Sprintf("product %s: sold %d and %d, want %d and %d", id, got.Sold7, got.Sold30, w.sold7, w.sold30))
	}
	return append(wrong, w.compareShown("product "+id, got.Product, w.detail)...)
}

// compareShown compares shown fields, of which stock comes from Postgres.
func (w truth) compareShown(what string, got, document map[string]json.RawMessage) (wrong []string) {
	want := maps.Clone(document)
	want["stock"], want["in_stock"] = json.RawMessage("null"), json.RawMessage("false")
	if w.tracked {
		want["stock"] = json.RawMessage(fmt.Sprint(w.stock))
		want["in_stock"] = json.RawMessage(fmt.Sprint(w.stock > 0))
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
func (s *shop) mustEqual(t *testing.T, v *server) {
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
func (s *shop) settle(t *testing.T, v *server) {
	t.Helper()
	if _, err := s.orders.SetStock(t.Context(), marker, 1_000_000); err != nil {
		t.Fatal(err)
	}
	token := v.write(t, http.MethodPut, "/v1/products/"+marker, "", nil,
		map[string]any{"name": "Marker of " + bson.NewObjectID().Hex(), "status": "published"})
	token = v.write(t, http.MethodPost, "/v1/orders", token, []string{"Idempotency-Key", bson.NewObjectID().Hex()},
		map[string]any{"customer": "acceptance", "lines": []any{map[string]any{"product": marker, "quantity": 1}}})
	eventually(t, "searches see all writes", func() bool {
		p, err := v.search("q", marker, "consistency", token, "wait_ms", "2000", "strict", "true")
		return err == nil && !p.Index.Stale
	})
	eventually(t, "both sources stream and nothing is pending", func() bool {
		for _, source := range v.status(t).Sources {
			if source.State != "streaming" || source.Pending != 0 {
				return false
			}
		}
		return true
	})
}
