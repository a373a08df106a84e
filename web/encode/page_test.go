package encode

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aisle-search/aisle/search"
)

// samplePage has one of everything, and what JSON finds hard.
func samplePage() *search.Page {
	instant := time.Date(2026, 1, 2, 3, 4, 5, 6_700_000, time.FixedZone("", 3600))
	return &search.Page{
		Hits: []search.Hit{
			{ID: "p1", Score: 12.5, Display: []byte(`{"title":"Mug \u00e9","price":{"amount":1999,"currency":"EUR"}}`), Signal: search.Signal{Stock: 3, Tracked: true}},
			{ID: `a"b\<&>` + "\u2028\n", Score: 1e-9, Display: []byte(" {} \n"), Signal: search.Signal{Tracked: true}},
			{ID: "日本", Score: 1e300, Display: []byte(`{ "x": 1 }`), Highlights: map[string][]string{"title": {"<mark>a</mark>"}, "brand": {}},
				Explain: &search.Explanation{Score: 2, Text: 4, Freshness: .5, Availability: 1, Popularity: 1, Profile: "default", Instant: instant,
					Terms: []search.TermExplanation{{Term: "mug", Share: 4, IDF: 2.5, DF: 7, Fields: map[string]float64{"title": 1.25, "brand": 0}}}}},
		},
		Total: 123,
		Facets: []search.Facet{
			{Name: "brand", Kind: "terms", Values: []search.FacetValue{{Value: "Acmé", Count: 2, Selected: true}, {Value: "B & C", Count: 1}}, More: true, Distinct: 9},
			{Name: "none", Kind: "terms"},
			{Name: "price", Kind: "range", FieldKind: search.Money, Min: 100, Max: 2e6, Buckets: []search.FacetBucket{{From: 100, To: 999, Count: 4}, {From: 1000, To: 2e6, Count: 5}}},
			{Name: "released", Kind: "range", FieldKind: search.Date, Min: 0, Max: 1.7e12, Buckets: []search.FacetBucket{{From: 0, To: 1.7e12, Count: 1}}},
			{Name: "attr.weight", Kind: "range", FieldKind: search.Number, Min: .1, Max: 1e22, Buckets: []search.FacetBucket{{From: .1, To: 1e22, Count: 3}}},
			{Name: "empty", Kind: "range", FieldKind: search.Number},
		},
		Next: "nextcursor", Query: search.QueryInfo{Text: "mug", Relaxed: []string{"any-word"}},
		Generation: 7, Paging: "snapshot", Took: 1234567 * time.Nanosecond,
	}
}

func sampleInfo() Info {
	return Info{Stale: true, Positions: "tok", Lags: []Lag{{"catalog", 1500 * time.Microsecond}, {"orders", -time.Second}}}
}

// reference is the same answer by encoding/json.
func reference(p *search.Page, info Info) map[string]any {
	hits := []any{}
	for _, h := range p.Hits {
		product := map[string]any{}
		_ = json.Unmarshal(h.Display, &product)
		product["in_stock"], product["stock"] = h.Signal.Tracked && h.Signal.Stock > 0, any(h.Signal.Stock)
		if !h.Signal.Tracked {
			product["stock"] = nil
		}
		hit := map[string]any{"id": h.ID, "score": h.Score, "product": product}
		if h.Highlights != nil {
			hit["highlights"] = h.Highlights
		}
		if e := h.Explain; e != nil {
			terms := []any{}
			for _, t := range e.Terms {
				terms = append(terms, map[string]any{"term": t.Term, "share": t.Share, "idf": t.IDF, "df": t.DF, "fields": t.Fields})
			}
			hit["explain"] = map[string]any{"score": e.Score, "text": e.Text, "freshness": e.Freshness, "availability": e.Availability,
				"popularity": e.Popularity, "profile": e.Profile, "instant": e.Instant.UTC().Format(timeLayout), "terms": terms}
		}
		hits = append(hits, hit)
	}
	lags := map[string]any{}
	for _, l := range info.Lags {
		lags[l.Name] = max(0, float64(l.Lag.Microseconds())/1000)
	}
	query := map[string]any{"text": p.Query.Text}
	if len(p.Query.Relaxed) > 0 {
		query["relaxed"] = p.Query.Relaxed
	}
	out := map[string]any{
		"hits": hits, "total": p.Total, "facets": referenceFacets(p), "next": nullable(p.Next), "prev": nullable(p.Prev), "query": query,
		"index":   map[string]any{"generation": p.Generation, "stale": info.Stale, "positions": info.Positions, "lag_ms": lags},
		"took_ms": float64(p.Took.Microseconds()) / 1000,
	}
	if p.Paging != "" {
		out["paging"] = p.Paging
	}
	return out
}

func referenceFacets(p *search.Page) []any {
	facets := []any{}
	for _, f := range p.Facets {
		if f.Kind == "terms" {
			values := []any{}
			for _, v := range f.Values {
				values = append(values, map[string]any{"value": v.Value, "count": v.Count, "selected": v.Selected})
			}
			facets = append(facets, map[string]any{"name": f.Name, "kind": "terms", "values": values, "more": f.More, "distinct": f.Distinct})
			continue
		}
		bound := func(x float64) any {
			if f.FieldKind == search.Date {
				return time.UnixMilli(int64(x)).UTC().Format(timeLayout)
			}
			return x
		}
		buckets := []any{}
		for _, b := range f.Buckets {
			buckets = append(buckets, map[string]any{"from": bound(b.From), "to": bound(b.To), "count": b.Count})
		}
		facet := map[string]any{"name": f.Name, "kind": "range", "min": nil, "max": nil, "buckets": buckets}
		if len(buckets) > 0 {
			facet["min"], facet["max"] = bound(f.Min), bound(f.Max)
		}
		facets = append(facets, facet)
	}
	return facets
}

func nullable(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func decoded(t *testing.T, data []byte) any {
	t.Helper()
	var v any
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatalf("not JSON: %v\n%s", err, data)
	}
	return v
}

// The hand-written encoder says what encoding/json would.
func TestPageEqualsEncodingJSON(t *testing.T) {
	t.Parallel()
	empty := &search.Page{}
	for name, page := range map[string]*search.Page{"full": samplePage(), "empty": empty} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want, err := json.Marshal(reference(page, sampleInfo()))
			if err != nil {
				t.Fatal(err)
			}
			got := Page(nil, page, sampleInfo())
			if diff := cmp.Diff(decoded(t, want), decoded(t, got)); diff != "" {
				t.Errorf("want -, got +:\n%s", diff)
			}
		})
	}
}

// Money bounds are whole numbers, as filters take them; dates are times.
func TestBounds(t *testing.T) {
	t.Parallel()
	tests := []struct {
		kind search.Kind
		in   float64
		want string
	}{
		{search.Money, 2e6, "2000000"},
		{search.Money, 1e21, "1e+21"},
		{search.Number, 15.6, "15.6"},
		{search.Number, math.Inf(1), "null"},
		{search.Money, math.NaN(), "null"},
		{search.Date, 1767225600123, `"2026-01-01T00:00:00.123Z"`},
		{search.Date, 1e18, "1000000000000000000"},
	}
	for _, tt := range tests {
		if got := string(appendBound(nil, tt.kind, tt.in)); got != tt.want {
			t.Errorf("bound %v of kind %d = %s, want %s", tt.in, tt.kind, got, tt.want)
		}
	}
}

// Numbers that JSON cannot spell never break an answer.
func TestPageIsJSONWithOddNumbers(t *testing.T) {
	t.Parallel()
	for _, odd := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), math.MaxFloat64, math.Copysign(0, -1), 5e-324} {
		page := samplePage()
		page.Hits[0].Score, page.Facets[2].Min, page.Facets[3].Max = odd, odd, odd
		page.Hits[0].Display = []byte("not an object")
		decoded(t, Page(nil, page, Info{}))
	}
}

// The tag changes with what the answer says, not with when it was given.
func TestPageTag(t *testing.T) {
	t.Parallel()
	base := PageTag(samplePage(), false)
	if !strings.HasPrefix(base, `W/"`) {
		t.Errorf("tag %s is not weak", base)
	}
	tests := []struct {
		name   string
		change func(p *search.Page)
		same   bool
	}{
		{"nothing", func(*search.Page) {}, true},
		{"time taken", func(p *search.Page) { p.Took = time.Hour }, true},
		{"cursor sealed anew", func(p *search.Page) { p.Next = "other" }, true},
		{"score without explain", func(p *search.Page) { p.Hits[0].Score = 1 }, true},
		{"last page", func(p *search.Page) { p.Next = "" }, false},
		{"stock", func(p *search.Page) { p.Hits[0].Signal.Stock = 2 }, false},
		{"order", func(p *search.Page) { p.Hits[0], p.Hits[1] = p.Hits[1], p.Hits[0] }, false},
		{"total", func(p *search.Page) { p.Total++ }, false},
		{"count", func(p *search.Page) { p.Facets[0].Values[0].Count++ }, false},
		{"generation", func(p *search.Page) { p.Generation++ }, false},
	}
	for _, tt := range tests {
		page := samplePage()
		tt.change(page)
		if got := PageTag(page, false) == base; got != tt.same {
			t.Errorf("%s: same tag = %v, want %v", tt.name, got, tt.same)
		}
	}
	if PageTag(samplePage(), true) == base {
		t.Error("a stale answer has the tag of a fresh one")
	}
}

// BenchmarkPage encodes a page of 24 hits with three facets.
func BenchmarkPage(b *testing.B) {
	page, info := benchmarkPage(), sampleInfo()
	b.Run("aisle", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			out := Page(make([]byte, 0, PageSize(page)), page, info)
			b.SetBytes(int64(len(out)))
		}
	})
	b.Run("encoding_json", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			out, err := json.Marshal(reference(page, info))
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(len(out)))
		}
	})
	b.Run("tag", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_ = PageTag(page, false)
		}
	})
}

func benchmarkPage() *search.Page {
	page := samplePage()
	page.Hits = nil
	display := fmt.Sprintf(`{"title":"Stoneware mug","description":%q,"brand":"Acme","price":{"amount":1999,"currency":"EUR"}}`, strings.Repeat("glazed by hand ", 20))
	for i := range 24 {
		page.Hits = append(page.Hits, search.Hit{ID: fmt.Sprintf("mug-%04d", i), Score: 10 / float64(i+1), Display: []byte(display), Signal: search.Signal{Stock: 5, Tracked: true}})
	}
	for i := range 20 {
		page.Facets[0].Values = append(page.Facets[0].Values, search.FacetValue{Value: fmt.Sprintf("Brand %d", i), Count: 100 - i})
	}
	return page
}
