package search_test

import (
	"fmt"
	"math"
	"testing"

	bleve "github.com/blevesearch/bleve/v2/search"
	"github.com/blevesearch/bleve/v2/search/collector"
	"github.com/blevesearch/bleve/v2/search/query"

	"github.com/aisle-search/aisle/search"
	"github.com/aisle-search/aisle/search/match"
)

// As a Bleve query, alone and within a conjunction, BM25F gives the products and
// scores that Search gives.
func TestTextQueryInBleve(t *testing.T) {
	t.Parallel()
	s, x := openTestStore(t, 2)
	g := newGenerator(5)
	for i := range 4 {
		var b search.Batch
		for j := range 60 {
			b.Documents = append(b.Documents, g.document(fmt.Sprintf("p%d-%d", i, j)))
		}
		commit(t, x, b)
	}
	want := map[string]float64{}
	for _, h := range find(t, s, search.Query{Text: "mouse", Limit: 100, Profile: search.ProfileText}).Hits {
		want[h.ID] = h.Score
	}
	view, err := x.Acquire()
	if err != nil {
		t.Fatal(err)
	}
	defer view.Release()
	text, err := match.NewQuery(view, "mouse")
	if err != nil {
		t.Fatal(err)
	}
	ids := query.NewDocIDQuery([]string{"p0-1", "p1-2", "p2-3", "p3-4", "p0-7", "p1-9"})
	for name, q := range map[string]query.Query{"alone": text, "conjunction": query.NewConjunctionQuery([]query.Query{text, ids})} {
		found := 0
		for _, r := range match.Readers(view) {
			searcher, err := q.Searcher(t.Context(), r, nil, bleve.SearcherOptions{Score: ""})
			if err != nil {
				t.Fatal(err)
			}
			c := collector.NewTopNCollector(500, 0, bleve.SortOrder{&bleve.SortScore{Desc: true}})
			if err := c.Collect(t.Context(), searcher, r); err != nil {
				t.Fatal(err)
			}
			for _, hit := range c.Results() {
				found++
				score, ok := want[hit.ID]
				if !ok || name == "alone" && math.Abs(score-hit.Score) > 1e-9 {
					t.Errorf("%s: got %s with %v, want %v", name, hit.ID, hit.Score, score)
				}
			}
		}
		if name == "alone" && found != len(want) || found == 0 {
			t.Errorf("%s: got %d hits, want %d", name, found, len(want))
		}
	}
}
