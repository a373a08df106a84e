package audit

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// honest is a server over a few products that answers rightly, except where lie
// changes an answer. It knows what the tests ask: walks, text-free questions.
type honest struct {
	shop *Shop
	lie  func(query url.Values, a map[string]any)
}

func (h honest) search(_ context.Context, query url.Values, into any) error {
	limit, _ := strconv.Atoi(query.Get("limit"))
	asked := query
	from := 0
	if cursor := query.Get("cursor"); cursor != "" {
		at, rest, _ := strings.Cut(cursor, "?")
		from, _ = strconv.Atoi(at)
		asked, _ = url.ParseQuery(rest)
	}
	q := question{sort: asked.Get("sort")}
	for name, values := range asked {
		if field, ok := strings.CutPrefix(name, "f."); ok {
			q.filters = append(q.filters, h.shop.filter(field, values))
		}
	}
	found := h.shop.matching(q, "", nil)
	if q.sort != "" {
		found = h.shop.ordered(found, q.sort)
	}
	a := map[string]any{"total": len(found), "next": nil}
	if to := from + limit; to < len(found) {
		a["next"] = fmt.Sprintf("%d?%s", to, asked.Encode())
	}
	hits := []any{}
	for _, it := range found[min(from, len(found)):min(from+limit, len(found))] {
		hits = append(hits, map[string]any{"id": it.ID, "product": json.RawMessage(`{"name":"` + it.ID + `","in_stock":true,"stock":1}`)})
	}
	a["hits"] = hits
	if asked.Get("facets") != "" && from == 0 {
		a["facets"] = []any{h.brands(q)}
	}
	if h.lie != nil {
		h.lie(query, a)
	}
	text, err := json.Marshal(a)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, into)
}

func (h honest) brands(q question) map[string]any {
	counts := values(h.shop.matching(q, "brand", nil), "brand")
	own, _ := q.own("brand")
	var rows []facetValue
	for key, n := range counts {
		rows = append(rows, facetValue{Value: key, Count: n, Selected: slices.Contains(own.keys, key)})
	}
	slices.SortFunc(rows, func(a, b facetValue) int {
		if a.Count != b.Count {
			return b.Count - a.Count
		}
		return strings.Compare(a.Value, b.Value)
	})
	list := []any{}
	for _, r := range rows {
		list = append(list, map[string]any{"value": r.Value, "count": r.Count, "selected": r.Selected})
	}
	return map[string]any{"name": "brand", "kind": "terms", "values": list, "distinct": len(counts), "more": false}
}

func testShop() *Shop {
	var products []Product
	for i := range 40 {
		id := fmt.Sprintf("p%02d", i)
		products = append(products, Product{ID: id, Display: []byte(`{"name":"` + id + `"}`),
			Keywords: map[string][]string{"brand": {[]string{"Acme", "ACME", "Bolt", "Clip"}[i%4]}}})
	}
	return NewShop([]Field{{Name: "brand", Kind: Keyword, Facet: true}}, products)
}

// checkBrands asks one question and lists what is wrong.
func checkBrands(t *testing.T, s honest, filters ...string) []string {
	t.Helper()
	var wrong []string
	r := &run{shop: s.shop, config: Config{Search: s.search, Shop: s.shop}}
	q := question{facets: []string{"brand"}, facetSize: 10, limit: 7}
	if len(filters) > 0 {
		q.filters = []filter{s.shop.filter("brand", filters)}
	}
	wrong, err := r.check(t.Context(), q, nil)
	if err != nil {
		t.Fatal(err)
	}
	return wrong
}

// An honest server has no differences; each kind of lie is told.
func TestLies(t *testing.T) {
	t.Parallel()
	facetOf := func(a map[string]any) map[string]any {
		facets, _ := a["facets"].([]any)
		if len(facets) == 0 {
			return map[string]any{}
		}
		return facets[0].(map[string]any)
	}
	row := func(a map[string]any, i int) map[string]any {
		rows, _ := facetOf(a)["values"].([]any)
		if i >= len(rows) {
			return map[string]any{}
		}
		return rows[i].(map[string]any)
	}
	tests := []struct {
		name string
		lie  func(query url.Values, a map[string]any)
		want string // part of a difference; empty: none
	}{
		{"none", nil, ""},
		{"total", func(_ url.Values, a map[string]any) { a["total"] = a["total"].(int) + 1 }, "total"},
		{"count", func(_ url.Values, a map[string]any) { row(a, 0)["count"] = 1 }, "has count 1"},
		{"selected", func(_ url.Values, a map[string]any) { row(a, 1)["selected"] = true }, "selected"},
		{"distinct", func(_ url.Values, a map[string]any) { facetOf(a)["distinct"] = 99 }, "99 distinct"},
		{"more", func(_ url.Values, a map[string]any) { facetOf(a)["more"] = true }, "says more: true"},
		{"a hit twice", func(_ url.Values, a map[string]any) {
			if hits := a["hits"].([]any); len(hits) > 1 {
				hits[1] = hits[0]
			}
		}, "twice"},
		{"an end too early", func(_ url.Values, a map[string]any) { a["next"] = nil }, "ends after"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := honest{shop: testShop(), lie: tt.lie}
			for _, filters := range [][]string{nil, {"acme"}} {
				wrong := strings.Join(checkBrands(t, s, filters...), "\n")
				if tt.want == "" && wrong != "" || !strings.Contains(wrong, tt.want) {
					t.Errorf("filtered by %q: got %q, want %q", filters, wrong, tt.want)
				}
			}
		})
	}
}

// A walk tells what comes twice, never, or out of nothing, and what is shown
// wrongly.
func TestWalkLies(t *testing.T) {
	t.Parallel()
	first := func(a map[string]any) map[string]any { return a["hits"].([]any)[0].(map[string]any) }
	at := func(query url.Values, place string) bool { return strings.HasPrefix(query.Get("cursor"), place+"?") }
	tests := []struct {
		name string
		lie  func(query url.Values, a map[string]any)
		want []string
	}{
		{"none", nil, nil},
		{"another product", func(query url.Values, a map[string]any) {
			if at(query, "7") {
				first(a)["id"] = "p00"
			}
		}, []string{`"p00" came 2 times`, `"p07" came 0 times`}},
		{"unknown product", func(query url.Values, a map[string]any) {
			if at(query, "7") {
				first(a)["id"] = "nobody"
			}
		}, []string{`"nobody" came, but`, `"p07" came 0 times`}},
		{"stale field", func(query url.Values, a map[string]any) {
			if at(query, "7") {
				first(a)["product"] = map[string]any{"name": "old", "in_stock": true, "stock": 1}
			}
		}, []string{`"p07" shows name "old"`}},
		{"for ever", func(_ url.Values, a map[string]any) { a["next"] = "0?" }, []string{`"p00" came`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := honest{shop: testShop(), lie: tt.lie}
			var told []string
			r := &run{shop: s.shop, config: Config{
				Search: s.search, Shop: s.shop, Note: func(string) {}, Difference: func(d string) { told = append(told, d) },
			}}
			if err := r.walkAll(t.Context(), Walk{Limit: 7}, true); err != nil {
				t.Fatal(err)
			}
			all := strings.Join(told, "\n")
			for _, want := range tt.want {
				if !strings.Contains(all, want) {
					t.Errorf("got %q, want %q", all, want)
				}
			}
			if len(tt.want) == 0 && all != "" {
				t.Errorf("got %q, want nothing", all)
			}
		})
	}
}
