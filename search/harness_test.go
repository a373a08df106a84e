package search_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aisle-search/aisle/search"
	"github.com/aisle-search/aisle/search/analysis"
	"github.com/aisle-search/aisle/search/reference"
)

// testSchema has a field of every kind and role.
func testSchema() search.Schema {
	return search.Schema{Hash: "test", AttributeWeight: 0.2, Fields: []search.Field{
		{Name: "title", Kind: search.Text, Weight: 2, Sort: true},
		{Name: "description", Kind: search.Text, Weight: 0.5},
		{Name: "brand", Kind: search.Keyword, Weight: 1, Facet: true, Sort: true},
		{Name: "category", Kind: search.Keyword, Weight: 2, Facet: true},
		{Name: "sku", Kind: search.Keyword, Weight: 1, Identifier: true},
		{Name: "price", Kind: search.Money, Facet: true, Sort: true, Currency: "EUR", MinorUnits: 2},
		{Name: "rating", Kind: search.Number, Facet: true, Sort: true},
		{Name: "released", Kind: search.Date, Facet: true, Sort: true},
		{Name: "used", Kind: search.Bool, Facet: true},
	}}
}

// testInstant is the clock of every test: nothing here waits for time.
var testInstant = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func fixedNow() time.Time { return testInstant }

// openTestStore opens a store with a serving, empty generation.
func openTestStore(tb testing.TB, partitions int) (*search.Store, *search.Index) {
	tb.Helper()
	s := reopenTestStore(tb, tb.TempDir(), partitions)
	x, err := s.Begin(testSchema())
	if err != nil {
		tb.Fatal(err)
	}
	if err := s.Swap(x); err != nil {
		tb.Fatal(err)
	}
	return s, x
}

func reopenTestStore(tb testing.TB, dir string, partitions int) *search.Store {
	tb.Helper()
	s, err := search.OpenStore(dir, search.Options{Partitions: partitions, Now: fixedNow, OnError: func(err error) { tb.Error(err) }})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
	})
	return s
}

func commit(tb testing.TB, x *search.Index, b search.Batch) {
	tb.Helper()
	if err := x.Commit(tb.Context(), b); err != nil {
		tb.Fatal(err)
	}
}

func find(tb testing.TB, s *search.Store, q search.Query) *search.Page {
	tb.Helper()
	p, err := s.Search(tb.Context(), q)
	if err != nil {
		tb.Fatalf("search %+v: %v", q, err)
	}
	return p
}

func ids(p *search.Page) []string {
	out := make([]string, len(p.Hits))
	for i, h := range p.Hits {
		out[i] = h.ID
	}
	return out
}

// titled is a product with a title and a searched brand.
func titled(id, title string) search.Document {
	return search.Document{ID: id, Texts: []search.TextValue{{Field: "title", Text: title}}, Display: []byte(`{"title":"` + title + `"}`)}
}

// newAnalyzer is the analyzer that stores of the tests use.
func newAnalyzer(tb testing.TB) *analysis.Analyzer {
	tb.Helper()
	a, err := analysis.New(analysis.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	return a
}

func newReference(tb testing.TB) *reference.Index {
	a := newAnalyzer(tb)
	convert := func(tokens []analysis.Token) []reference.Token {
		out := make([]reference.Token, len(tokens))
		for i, t := range tokens {
			out[i] = reference.Token{Term: t.Term, Variant: t.Variant}
		}
		return out
	}
	return reference.New(testSchema(), reference.Analysis{
		Tokens:      func(s string) []reference.Token { return convert(a.Tokens(nil, s)) },
		Identifiers: func(s string) []reference.Token { return convert(a.Identifiers(nil, s)) },
		Fold:        analysis.Fold,
	}, reference.DefaultParameters())
}

// referenceLexicon knows the terms of the reference's products.
type referenceLexicon struct{ *reference.Index }

func (l referenceLexicon) Has(term string) bool { return len(l.TermFrequencies(term)) > 0 }

// concepts analyses a query as the engine does.
func concepts(tb testing.TB, ref *reference.Index, text string) []reference.Concept {
	var out []reference.Concept
	for _, c := range newAnalyzer(tb).Query(text, referenceLexicon{ref}) {
		rc := reference.Concept{Name: c.Surface, Optional: c.Optional, Code: c.Code}
		for _, v := range c.Variants {
			rc.Variants = append(rc.Variants, reference.Variant{Terms: v.Terms, Weight: v.Weight, Prefix: v.Prefix})
		}
		out = append(out, rc)
	}
	return out
}

// generator makes random products and queries from a small vocabulary, so that
// they meet.
type generator struct{ *rand.Rand }

func newGenerator(seed uint64) generator {
	return generator{rand.New(rand.NewPCG(seed, 1))}
}

var (
	genWords  = strings.Fields("red blue wireless mouse keyboard cable usb laptop case stand printer toner cartridge for with the 3m 16gb MT-1023 NOR.0707-60 crème brûlée head phones headphones optical gaming pad 2.5\" café on off vitamin a camera lens")
	genBrands = []string{"Acme", "ACME", " acme ", "Globex", "Initech", "Umbrella", "Stark", "Wayne"}
	genCats   = []string{"Office", "Office > Input", "Office > Input > Mice", "Kitchen", "Kitchen > Coffee"}
)

func (g generator) words(n int) string {
	w := make([]string, n)
	for i := range w {
		w[i] = genWords[g.IntN(len(genWords))]
	}
	return strings.Join(w, " ")
}

func (g generator) document(id string) search.Document {
	d := search.Document{ID: id, Digest: g.Uint64(), Display: []byte(`{"id":"` + id + `"}`), Detail: []byte("{}")}
	text := func(field, s string) { d.Texts = append(d.Texts, search.TextValue{Field: field, Text: s}) }
	keyword := func(field, s string) {
		d.Keywords = append(d.Keywords, search.KeywordValue{Field: field, Value: s})
	}
	number := func(field string, n float64) {
		d.Numbers = append(d.Numbers, search.NumberValue{Field: field, Value: n})
	}
	if g.IntN(20) > 0 {
		text("title", g.words(1+g.IntN(8)))
	}
	if g.IntN(3) > 0 {
		text("description", g.words(g.IntN(25)))
	}
	if g.IntN(10) > 0 {
		brand := genBrands[g.IntN(len(genBrands))]
		text("brand", brand)
		keyword("brand", brand)
	}
	for range g.IntN(3) {
		c := genCats[g.IntN(len(genCats))]
		text("category", c)
		keyword("category", c)
	}
	if g.IntN(2) > 0 {
		text("sku", fmt.Sprintf("MT-%d", 1000+g.IntN(60)))
	}
	if g.IntN(8) > 0 {
		number("price", float64(g.IntN(50)*100+99))
	}
	for range g.IntN(3) {
		number("rating", float64(g.IntN(10))/2)
	}
	if g.IntN(4) > 0 {
		number("released", float64(testInstant.AddDate(0, 0, -g.IntN(2000)).UnixMilli()))
	}
	if g.IntN(2) > 0 {
		keyword("used", fmt.Sprint(g.IntN(2) > 0))
	}
	for range g.IntN(4) {
		v := genWords[g.IntN(len(genWords))]
		keyword(fmt.Sprintf("attr.a%d", g.IntN(5)), v)
		d.AttributeText = append(d.AttributeText, v)
	}
	if g.IntN(3) > 0 {
		number("attr.weight", float64(g.IntN(6))+0.5)
	}
	return d
}

// query makes a random query and what the reference needs of it.
func (g generator) query() search.Query {
	q := search.Query{Limit: 100, FacetSize: 200, Profile: search.ProfileText}
	if g.IntN(4) > 0 {
		q.Text = g.words(1 + g.IntN(4))
	}
	q.Sort = []string{"", "", "price", "-price", "title", "-title", "brand", "rating", "-rating", "-released"}[g.IntN(10)]
	all := []string{"brand", "category", "used", "attr.a1", "price", "attr.weight"}
	q.Facets = all[g.IntN(len(all)):][:1]
	for range g.IntN(4) {
		switch g.IntN(6) {
		case 0:
			q.Filters = append(q.Filters, search.Filter{Field: "brand", Values: []string{genBrands[g.IntN(len(genBrands))], "Stark"}})
		case 1:
			q.Filters = append(q.Filters, search.Filter{Field: "category", Values: []string{genCats[g.IntN(len(genCats))]}})
		case 2:
			q.Filters = append(q.Filters, search.Filter{Field: "price", Values: []string{fmt.Sprintf("%d..%d", g.IntN(2000), 2000+g.IntN(3000))}})
		case 3:
			q.Filters = append(q.Filters, search.Filter{Field: "attr.a1", Values: []string{genWords[g.IntN(len(genWords))], "red"}})
		case 4:
			q.Filters = append(q.Filters, search.Filter{Field: "attr.weight", Values: []string{"..3"}})
		case 5:
			q.Filters = append(q.Filters, search.Filter{Field: "used", Values: []string{"true"}})
		}
	}
	// One filter a field: the reference takes them as they are.
	slices.SortFunc(q.Filters, func(a, b search.Filter) int { return strings.Compare(a.Field, b.Field) })
	q.Filters = slices.CompactFunc(q.Filters, func(a, b search.Filter) bool { return a.Field == b.Field })
	return q
}

// referenceFilters reads the ranges that query makes.
func referenceFilters(filters []search.Filter) []reference.Filter {
	var out []reference.Filter
	for _, f := range filters {
		rf := reference.Filter{Field: f.Field}
		for _, v := range f.Values {
			low, high, ranged := strings.Cut(v, "..")
			if !ranged {
				rf.Values = append(rf.Values, v)
				continue
			}
			r := reference.Range{From: math.Inf(-1), To: math.Inf(1)}
			if n, err := strconv.ParseFloat(low, 64); err == nil {
				r.From = n
			}
			if n, err := strconv.ParseFloat(high, 64); err == nil {
				r.To = n
			}
			rf.Ranges = append(rf.Ranges, r)
		}
		out = append(out, rf)
	}
	return out
}
