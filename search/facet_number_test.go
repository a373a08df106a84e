package search_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aisle-search/aisle/search"
)

// A product with several numbers in one bucket counts there once, so that
// filtering by the bucket finds what it counts; over everything, where counts
// come from the segments, and over a result.
func TestBucketsCountProducts(t *testing.T) {
	t.Parallel()
	s, x := openTestStore(t, 2)
	var batch search.Batch
	for i := range 60 {
		d := titled(fmt.Sprint("p", i), "shelf")
		for k := range 1 + i%4 {
			d.Numbers = append(d.Numbers, search.NumberValue{Field: "attr.width", Value: float64((7*i + k*3*(1+i%5)) % 100)})
		}
		batch.Documents = append(batch.Documents, d)
	}
	commit(t, x, batch)
	for _, q := range []search.Query{{Sort: "title"}, {}, {Text: "shelf"}} {
		for _, size := range []int{1, 3, 10} {
			q.Facets, q.FacetSize = []string{"attr.width"}, size
			p := find(t, s, q)
			for _, b := range p.Facets[0].Buckets {
				inside := find(t, s, search.Query{Text: q.Text, Filters: []search.Filter{
					{Field: "attr.width", Values: []string{fmt.Sprintf("%v..%v", b.From, b.To)}},
				}})
				if inside.Total != b.Count {
					t.Errorf("%+v: bucket %v..%v counts %d, filtering by it finds %d", q, b.From, b.To, b.Count, inside.Total)
				}
			}
		}
	}
}

// Buckets hold all numbers, however large.
func TestBucketsOfLargeNumbers(t *testing.T) {
	t.Parallel()
	s, x := openTestStore(t, 1)
	numbers := []float64{-1e20, 999_999_999_999_999, 1_000_000_000_000_000, 1e15 + 1, 5}
	var batch search.Batch
	for i, n := range numbers {
		d := titled(fmt.Sprint("p", i), "shelf")
		d.Numbers = []search.NumberValue{{Field: "attr.n", Value: n}}
		batch.Documents = append(batch.Documents, d)
	}
	commit(t, x, batch)
	for size := range len(numbers) - 1 {
		f := find(t, s, search.Query{Facets: []string{"attr.n"}, FacetSize: size + 1}).Facets[0]
		for _, n := range numbers {
			held := 0
			for _, b := range f.Buckets {
				if b.From <= n && n <= b.To {
					held++
				}
			}
			if held != 1 {
				t.Errorf("size %d: %v lies in %d buckets of %+v, want 1", size+1, n, held, f.Buckets)
			}
		}
	}
}

// A filter does not tell the number 1 from the text "1", so the list has them as
// one value, and a product that has both counts once. What a filter names is
// marked on every row that it means.
func TestNumbersAndTextOfOneName(t *testing.T) {
	t.Parallel()
	s, x := openTestStore(t, 2)
	with := func(id string, text string, numbers ...float64) search.Document {
		d := titled(id, "shelf")
		if text != "" {
			d.Keywords = append(d.Keywords, search.KeywordValue{Field: "attr.a", Value: text})
		}
		for _, n := range numbers {
			d.Numbers = append(d.Numbers, search.NumberValue{Field: "attr.a", Value: n})
		}
		return d
	}
	brand := titled("brand", "shelf")
	brand.Keywords = []search.KeywordValue{{Field: "brand", Value: "1"}, {Field: "brand", Value: "1.0"}}
	commit(t, x, search.Batch{Documents: []search.Document{
		with("a", "", 1), with("b", "1"), with("c", " 1 ", 1, 2), with("d", "one", 2), with("e", "1", 3), brand,
	}})
	tests := []struct {
		name  string
		query search.Query
		facet string
		want  []search.FacetValue
	}{
		{"everything", search.Query{Sort: "title"}, "attr.a", []search.FacetValue{{Value: "1", Count: 4}, {Value: "2", Count: 2}, {Value: "3", Count: 1}, {Value: "one", Count: 1}}},
		{"a result", search.Query{Text: "shelf"}, "attr.a", []search.FacetValue{{Value: "1", Count: 4}, {Value: "2", Count: 2}, {Value: "3", Count: 1}, {Value: "one", Count: 1}}},
		{"filtered", search.Query{Filters: []search.Filter{{Field: "attr.a", Values: []string{"1"}}}}, "attr.a",
			[]search.FacetValue{{Value: "1", Count: 4, Selected: true}, {Value: "2", Count: 2}, {Value: "3", Count: 1}, {Value: "one", Count: 1}}},
		{"a keyword is no number", search.Query{Filters: []search.Filter{{Field: "brand", Values: []string{"1.0"}}}}, "brand",
			[]search.FacetValue{{Value: "1", Count: 1}, {Value: "1.0", Count: 1, Selected: true}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.query.Facets = []string{tt.facet}
			f := find(t, s, tt.query).Facets[0]
			if diff := cmp.Diff(tt.want, f.Values); diff != "" {
				t.Errorf("values (-want +got):\n%s", diff)
			}
			if f.Distinct != len(tt.want) || f.More {
				t.Errorf("got %d distinct, more %t, want %d and no more", f.Distinct, f.More, len(tt.want))
			}
		})
	}
}
