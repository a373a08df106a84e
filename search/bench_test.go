package search_test

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/analysis/analyzer/keyword"
	"github.com/blevesearch/bleve/v2/analysis/lang/en"
	"github.com/blevesearch/bleve/v2/mapping"

	"github.com/aisle-search/aisle/search"
)

// Benchmarks run beside raw Bleve (sub-benchmark "bleve") on the same products
// in the same run: compare within a run, never across machines. Bleve indexes
// four text fields, two keywords and two numbers; Aisle all attributes too.
const benchProducts = 20_000

// benchCatalogue makes products whose words follow a Zipf law, as real titles do.
func benchCatalogue(n int) []search.Document {
	r := rand.New(rand.NewPCG(1, 2))
	zipf := rand.NewZipf(r, 1.1, 4, 30_000)
	words := func(n int) string {
		w := make([]string, n)
		for i := range w {
			w[i] = benchWord(zipf.Uint64())
		}
		return strings.Join(w, " ")
	}
	docs := make([]search.Document, n)
	for i := range docs {
		d := search.Document{ID: fmt.Sprintf("p%07d", i)}
		title, brand := words(8), fmt.Sprintf("Brand %d", zipf.Uint64()%300)
		d.Texts = []search.TextValue{{Field: "title", Text: title}, {Field: "description", Text: words(20)}, {Field: "brand", Text: brand}}
		d.Keywords = []search.KeywordValue{{Field: "brand", Value: brand}, {Field: "category", Value: fmt.Sprintf("Category %d", r.IntN(40))}}
		d.Numbers = []search.NumberValue{{Field: "price", Value: float64(100 + r.IntN(200_000))},
			{Field: "released", Value: float64(testInstant.Add(-time.Duration(r.IntN(80_000)) * time.Hour).UnixMilli())}}
		for range 20 {
			name := fmt.Sprintf("attr.n%d", zipf.Uint64()%5000)
			if r.IntN(2) == 0 {
				d.Numbers = append(d.Numbers, search.NumberValue{Field: name, Value: float64(r.IntN(100))})
			} else {
				d.Keywords = append(d.Keywords, search.KeywordValue{Field: name, Value: fmt.Sprintf("value %d", r.IntN(20))})
			}
		}
		d.Display = fmt.Appendf(nil, `{"title":%q,"brand":%q}`, title, brand)
		docs[i] = d
	}
	return docs
}

// benchWord spells a number in letters.
func benchWord(n uint64) string {
	w := []byte("w")
	for ; n > 0; n /= 20 {
		w = append(w, "bcdfghjklmnpqrstvwxz"[n%20], "aeiou"[n%5])
	}
	return string(w)
}

func benchIndex(b *testing.B, docs []search.Document) (*search.Store, *search.Index) {
	s, x := openTestStore(b, 2)
	for i := 0; i < len(docs); i += 1000 {
		commit(b, x, search.Batch{Documents: docs[i:min(i+1000, len(docs))], Position: []byte("x")})
	}
	return s, x
}

// rawProduct is a product as a user of Bleve would index it.
type rawProduct struct {
	Title, Description, Brand, Category string
	Price, Released                     float64
}

func rawMapping() mapping.IndexMapping {
	m := bleve.NewIndexMapping()
	m.ScoringModel = "bm25"
	text := bleve.NewTextFieldMapping()
	text.Analyzer = en.AnalyzerName
	text.Store, text.IncludeTermVectors, text.IncludeInAll = false, false, false
	whole := bleve.NewKeywordFieldMapping()
	whole.Analyzer = keyword.Name
	number := bleve.NewNumericFieldMapping()
	number.Store = false
	d := bleve.NewDocumentStaticMapping()
	d.AddFieldMappingsAt("Title", text)
	d.AddFieldMappingsAt("Description", text)
	d.AddFieldMappingsAt("Brand", whole)
	d.AddFieldMappingsAt("Category", whole)
	d.AddFieldMappingsAt("Price", number)
	d.AddFieldMappingsAt("Released", number)
	m.DefaultMapping = d
	return m
}

func rawIndex(b *testing.B, docs []search.Document) bleve.Index {
	b.Helper()
	x, err := bleve.New(filepath.Join(b.TempDir(), "raw"), rawMapping())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { x.Close() })
	for i := 0; i < len(docs); i += 1000 {
		batch := x.NewBatch()
		for _, d := range docs[i:min(i+1000, len(docs))] {
			p := rawProduct{Title: d.Texts[0].Text, Description: d.Texts[1].Text, Brand: d.Texts[2].Text,
				Category: d.Keywords[1].Value, Price: d.Numbers[0].Value, Released: d.Numbers[1].Value}
			if err := batch.Index(d.ID, p); err != nil {
				b.Fatal(err)
			}
		}
		if err := x.Batch(batch); err != nil {
			b.Fatal(err)
		}
	}
	return x
}

func BenchmarkIndexing(b *testing.B) {
	docs := benchCatalogue(benchProducts)
	perSecond := func(b *testing.B) {
		b.ReportMetric(float64(b.N*len(docs))/b.Elapsed().Seconds(), "products/s")
	}
	b.Run("aisle", func(b *testing.B) {
		for b.Loop() {
			benchIndex(b, docs)
		}
		perSecond(b)
	})
	b.Run("bleve", func(b *testing.B) {
		for b.Loop() {
			rawIndex(b, docs)
		}
		perSecond(b)
	})
}

// benchKind is one kind of search, asked of both.
type benchKind struct {
	name   string
	aisle  search.Query
	bleve  func(text string) *bleve.SearchRequest
	browse bool
}

func rawText(text string) *bleve.SearchRequest {
	title, description := bleve.NewMatchQuery(text), bleve.NewMatchQuery(text)
	title.SetField("Title")
	description.SetField("Description")
	r := bleve.NewSearchRequestOptions(bleve.NewDisjunctionQuery(title, description), 24, 0, false)
	return r
}

func withFacets(r *bleve.SearchRequest) *bleve.SearchRequest {
	r.AddFacet("brand", bleve.NewFacetRequest("Brand", 10))
	r.AddFacet("category", bleve.NewFacetRequest("Category", 10))
	price := bleve.NewFacetRequest("Price", 10)
	for i := range 10 {
		lo, hi := float64(i*20_000), float64((i+1)*20_000)
		price.AddNumericRange(fmt.Sprint(i), &lo, &hi)
	}
	r.AddFacet("price", price)
	return r
}

func benchKinds() []benchKind {
	facets := []string{"brand", "category", "price"}
	browse := func(string) *bleve.SearchRequest {
		r := bleve.NewSearchRequestOptions(bleve.NewMatchAllQuery(), 24, 0, false)
		r.SortBy([]string{"-Released", "_id"})
		return r
	}
	return []benchKind{
		{"text", search.Query{Facets: facets}, func(t string) *bleve.SearchRequest { return withFacets(rawText(t)) }, false},
		{"nofacet", search.Query{}, rawText, false},
		{"filter", search.Query{Facets: facets, Filters: []search.Filter{{Field: "price", Values: []string{"1000..50000"}}, {Field: "brand", Values: []string{"Brand 1", "Brand 2"}}}}, func(t string) *bleve.SearchRequest {
			lo, hi := 1000.0, 50000.0
			price := bleve.NewNumericRangeQuery(&lo, &hi)
			price.SetField("Price")
			one, two := bleve.NewTermQuery("Brand 1"), bleve.NewTermQuery("Brand 2")
			one.SetField("Brand")
			two.SetField("Brand")
			r := withFacets(rawText(t))
			r.Query = bleve.NewConjunctionQuery(r.Query, price, bleve.NewDisjunctionQuery(one, two))
			return r
		}, false},
		{"browse", search.Query{Sort: "-released", Facets: facets}, func(t string) *bleve.SearchRequest { return withFacets(browse(t)) }, true},
		{"deep", search.Query{Sort: "-released"}, browse, true},
	}
}

// BenchmarkSearch measures one page of each kind; "deep" is page 40 by cursor.
func BenchmarkSearch(b *testing.B) {
	docs := benchCatalogue(benchProducts)
	s, _ := benchIndex(b, docs)
	raw := rawIndex(b, docs)
	texts := make([]string, 90)
	for i := range texts {
		w := strings.Fields(docs[i*200].Texts[0].Text)
		texts[i] = strings.Join(w[:1+i%3], " ")
	}
	for _, k := range benchKinds() {
		if k.name == "deep" {
			p := find(b, s, k.aisle)
			for range 38 {
				p = find(b, s, search.Query{Cursor: p.Next})
			}
			k.aisle.Cursor = p.Next
		}
		b.Run(k.name+"/aisle", func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				q := k.aisle
				if !k.browse {
					q.Text = texts[i%len(texts)]
				}
				find(b, s, q)
			}
		})
		b.Run(k.name+"/bleve", func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				r := k.bleve(texts[i%len(texts)])
				if k.name == "deep" {
					r.From = 39 * 24
				}
				if _, err := raw.Search(r); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkWalk pages through everything: the cost of a page does not grow with
// its depth.
func BenchmarkWalk(b *testing.B) {
	s, _ := benchIndex(b, benchCatalogue(benchProducts))
	for _, limit := range []int{7, 100} {
		b.Run(fmt.Sprintf("limit=%d", limit), func(b *testing.B) {
			p := find(b, s, search.Query{Limit: limit, Sort: "price"})
			for b.Loop() {
				if p.Next == "" {
					p = find(b, s, search.Query{Limit: limit, Sort: "price"})
				}
				p = find(b, s, search.Query{Cursor: p.Next})
			}
		})
	}
}
