package reference

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aisle-search/aisle/search"
)

// colours is the shop of red A×3, red B×2, blue A×4, green B×1.
func colours(t *testing.T) *Index {
	var documents []search.Document
	add := func(n int, colour, brand string) {
		for range n {
			id := string(rune('a' + len(documents)))
			documents = append(documents, search.Document{
				ID:       id,
				Keywords: []search.KeywordValue{{Field: "attr.colour", Value: colour}, {Field: "brand", Value: brand}},
				Numbers:  []search.NumberValue{{Field: "price", Value: float64(100 * (1 + len(documents)%3))}},
			})
		}
	}
	add(3, "red", "A")
	add(2, "red", "B")
	add(4, "blue", "A")
	add(1, "green", "B")
	return shop(t, documents...)
}

func counts(all []Count) map[string]int {
	byValue := map[string]int{}
	for _, c := range all {
		byValue[c.Value] = c.Count
	}
	return byValue
}

// A facet's own filter does not shrink its list; those of others do.
func TestTerms(t *testing.T) {
	t.Parallel()
	x := colours(t)
	red := Filter{Field: "attr.colour", Values: []string{"RED "}}
	redOrBlue := Filter{Field: "attr.colour", Values: []string{"red", "blue"}}
	brandA := Filter{Field: "brand", Values: []string{"a"}}
	tests := []struct {
		name          string
		filters       []Filter
		total         int
		colour, brand map[string]int
	}{
		{"all", nil, 10, map[string]int{"red": 5, "blue": 4, "green": 1}, map[string]int{"A": 7, "B": 3}},
		{"red", []Filter{red}, 5, map[string]int{"red": 5, "blue": 4, "green": 1}, map[string]int{"A": 3, "B": 2}},
		{"red of A", []Filter{red, brandA}, 3, map[string]int{"red": 3, "blue": 4}, map[string]int{"A": 3, "B": 2}},
		{"red or blue", []Filter{redOrBlue}, 9, map[string]int{"red": 5, "blue": 4, "green": 1}, map[string]int{"A": 7, "B": 2}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			q := Query{Filters: test.filters}
			if got := len(x.Search(q)); got != test.total {
				t.Errorf("total: got %d, want %d", got, test.total)
			}
			if diff := cmp.Diff(test.colour, counts(x.Terms(q, "attr.colour"))); diff != "" {
				t.Errorf("colours (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.brand, counts(x.Terms(q, "brand"))); diff != "" {
				t.Errorf("brands (-want +got):\n%s", diff)
			}
		})
	}
	if got := x.Terms(Query{Filters: []Filter{red}}, "attr.colour"); !got[0].Selected || got[1].Selected {
		t.Errorf("got %+v, want red selected and blue not", got)
	}
}

// Spellings of one value are one row under the commonest, and a product counts
// once however often it has the value.
func TestSpellings(t *testing.T) {
	t.Parallel()
	brand := func(id string, values ...string) search.Document {
		d := search.Document{ID: id}
		for _, v := range values {
			d.Keywords = append(d.Keywords, search.KeywordValue{Field: "brand", Value: v})
		}
		return d
	}
	x := shop(t, brand("1", "Acme", "ACME"), brand("2", " acme", ""), brand("3", "ACME"), brand("4", "Beta"))
	want := []Count{{Key: "acme", Value: "ACME", Count: 3}, {Key: "beta", Value: "Beta", Count: 1}}
	if diff := cmp.Diff(want, x.Terms(Query{}, "brand")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Ranges include both ends and count products.
func TestNumbers(t *testing.T) {
	t.Parallel()
	x := colours(t) // prices 100, 200, 300, 100, …
	q := Query{Filters: []Filter{{Field: "price", Ranges: []Range{{From: 100, To: 200}}}}}
	if got := len(x.Search(q)); got != 7 {
		t.Errorf("100..200: got %d, want 7", got)
	}
	if diff := cmp.Diff(map[float64]int{100: 4, 200: 3, 300: 3}, x.Numbers(q, "price")); diff != "" {
		t.Errorf("numbers (-want +got):\n%s", diff)
	}
	if got := x.Between(q, "price", Range{From: 200, To: math.Inf(1)}); got != 6 {
		t.Errorf("200..: got %d, want 6: its own filter is left out", got)
	}
	if r, ok := x.Bounds(q, "price"); !ok || r != (Range{From: 100, To: 300}) {
		t.Errorf("bounds: got %v %v, want 100..300", r, ok)
	}
	if _, ok := x.Bounds(q, "attr.none"); ok {
		t.Error("bounds of a field that nobody has")
	}
}

func priced(id, title string, prices ...float64) search.Document {
	d := text(id)
	if title != "" {
		d = text(id, "title", title)
	}
	for _, p := range prices {
		d.Numbers = append(d.Numbers, search.NumberValue{Field: "price", Value: p})
	}
	return d
}

// Products without the field come last either way; ids decide between equals; of
// several values the least orders, or the greatest number when descending.
func TestSort(t *testing.T) {
	t.Parallel()
	x := shop(t, priced("a", "zed Alpha", 300), priced("b", "Beta", 200, 900), priced("c", "alpha", 200), priced("d", ""), priced("e", "Beta", 100))
	for sort, want := range map[string]string{
		"": "abcde", "relevance": "abcde",
		"price": "ebcad", "-price": "baced",
		"title": "cbead", "-title": "abecd",
		"brand": "abcde",
	} {
		var ids []string
		for _, h := range x.Search(Query{Sort: sort}) {
			ids = append(ids, h.ID)
		}
		if got := strings.Join(ids, ""); got != want {
			t.Errorf("sort=%s: got %s, want %s", sort, got, want)
		}
	}
}

// The score is the product of its factors, and decides the order.
func TestFactors(t *testing.T) {
	t.Parallel()
	x := pans(t)
	q := Query{Concepts: []Concept{concept("pan")}, AtLeast: 1, Factors: Factors{
		Freshness:    func(string) float64 { return 0.9 },
		Availability: func(id string) float64 { return map[string]float64{"a": 1, "c": 0.5}[id] },
	}}
	hits := x.Search(q)
	if len(hits) != 2 || hits[0].ID != "a" {
		t.Fatalf("got %+v, want a before c", hits)
	}
	for _, h := range hits {
		near(t, h.ID, h.Score, h.Text.Score*0.9*h.Availability)
	}
	q.Keep = func(id string) bool { return id != "a" }
	if hits := x.Search(q); len(hits) != 1 || hits[0].ID != "c" {
		t.Errorf("got %+v, want c only", hits)
	}
}
