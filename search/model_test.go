package search_test

import (
	"flag"
	"fmt"
	"maps"
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aisle-search/aisle/search"
	"github.com/aisle-search/aisle/search/analysis"
	"github.com/aisle-search/aisle/search/reference"
)

// modelSeeds is how many random histories TestModel tries for each number of
// partitions: go test ./search -run Model -args -seeds 20.
var modelSeeds = flag.Int("seeds", 1, "random histories that TestModel tries")

// Random writes, deletes, merges and restarts, compared with the plain reference after
// each few batches: the same order, scores to 1e-6, totals and facet counts,
// whatever the number of partitions.
func TestModel(t *testing.T) {
	t.Parallel()
	for _, partitions := range []int{1, 2, 4} {
		t.Run(fmt.Sprintf("partitions=%d", partitions), func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(*modelSeeds) {
				runModel(t, partitions, 7+seed)
			}
		})
	}
}

func runModel(t *testing.T, partitions int, seed uint64) {
	g := newGenerator(seed)
	ref := newReference(t)
	dir := t.TempDir()
	s := reopenTestStore(t, dir, partitions)
	x, err := s.Begin(testSchema())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Swap(x); err != nil {
		t.Fatal(err)
	}
	x.KeepAllHot(20_000) // too little, so that room is made all the time
	for round := range 10 {
		for range 3 {
			b := g.batch()
			b.Position = fmt.Appendf(nil, "%d", round)
			commit(t, x, b)
			ref.Commit(b)
		}
		if round%5 == 3 {
			if err := x.Compact(t.Context(), round == 3); err != nil {
				t.Fatal(err)
			}
			if got := x.Segments(); got > partitions {
				t.Errorf("round %d: got %d segments, want %d at most", round, got, partitions)
			}
		}
		if round == 6 { // restart: what was committed is still there
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			s = reopenTestStore(t, dir, partitions)
			x, _ = s.Serving()
			x.KeepAllHot(1 << 20)
			if got := string(x.Position()); got != fmt.Sprint(round) {
				t.Fatalf("position after restart: got %q, want %d", got, round)
			}
		}
		if got, want := x.Documents(), len(ref.IDs()); got != want {
			t.Fatalf("round %d: got %d documents, want %d", round, got, want)
		}
		for range 6 {
			q := g.query()
			for range 3 { // read from disk, decoded, kept
				compare(t, s, ref, q, seed)
			}
		}
	}
	if x.HotBytes() == 0 {
		t.Error("no postings were kept decoded")
	}
}

// batch makes up to 40 random writes of 200 ids, each id once.
func (g generator) batch() search.Batch {
	var b search.Batch
	seen := map[string]bool{}
	for range 1 + g.IntN(40) {
		id := fmt.Sprintf("p%03d", g.IntN(200))
		if seen[id] {
			continue
		}
		seen[id] = true
		if g.IntN(6) == 0 {
			b.Deletes = append(b.Deletes, id)
		} else {
			b.Documents = append(b.Documents, g.document(id))
		}
	}
	return b
}

// compare asks both and compares everything. It walks all pages.
func compare(t *testing.T, s *search.Store, ref *reference.Index, q search.Query, seed uint64) {
	t.Helper()
	rq := reference.Query{Concepts: concepts(t, ref, q.Text), Filters: referenceFilters(q.Filters), Sort: q.Sort}
	rq.AtLeast = strictness(ref, rq.Concepts)
	want := ref.Search(rq)
	p := find(t, s, q)
	if p.Total != len(want) {
		t.Fatalf("seed %d, %+v: got total %d, want %d", seed, q, p.Total, len(want))
	}
	compareFacets(t, ref, rq, p, q)
	var hits []search.Hit
	for {
		hits = append(hits, p.Hits...)
		if p.Next == "" {
			break
		}
		p = find(t, s, search.Query{Cursor: p.Next})
	}
	if len(hits) != len(want) {
		t.Fatalf("seed %d, %+v: walked %d hits, want %d", seed, q, len(hits), len(want))
	}
	for i, h := range hits {
		w := want[i]
		if math.Abs(h.Score-w.Score) > 1e-6 {
			t.Fatalf("seed %d, %+v: hit %d is %s with %v, want %s with %v", seed, q, i, h.ID, h.Score, w.ID, w.Score)
		}
		// Equal scores may differ in the last bit between the two, and then ids
		// decide differently.
		if h.ID != w.ID && !closeBy(want, i, h.ID) {
			t.Fatalf("seed %d, %+v: hit %d is %s (%v), want %s (%v)", seed, q, i, h.ID, h.Score, w.ID, w.Score)
		}
	}
}

// closeBy tells whether id stands at another place with the score of place i.
func closeBy(hits []reference.Hit, i int, id string) bool {
	at := slices.IndexFunc(hits, func(h reference.Hit) bool { return h.ID == id })
	return at >= 0 && hits[at].Score != hits[i].Score && math.Abs(hits[at].Score-hits[i].Score) < 1e-9
}

// strictness is the rule of relaxing, written down again.
func strictness(ref *reference.Index, c []reference.Concept) int {
	required, code := 0, true
	for _, c := range c {
		if !c.Optional {
			required++
			code = code && c.Code
		}
	}
	if code && len(ref.Texts(c, required)) > 0 {
		return required
	}
	for ; required > 1; required-- {
		if len(ref.Texts(c, required)) >= 10 {
			break
		}
	}
	return required
}

func compareFacets(t *testing.T, ref *reference.Index, rq reference.Query, p *search.Page, q search.Query) {
	t.Helper()
	for _, f := range p.Facets {
		got := map[string]int{}
		want := map[string]int{}
		switch {
		case f.Name == "price":
			for _, b := range f.Buckets {
				if b.Count != ref.Between(rq, "price", reference.Range{From: b.From, To: b.To}) {
					t.Fatalf("%+v: bucket %+v: want %d", q, b, ref.Between(rq, "price", reference.Range{From: b.From, To: b.To}))
				}
				got["sum"] += b.Count
			}
			for _, n := range ref.Numbers(rq, "price") {
				want["sum"] += n
			}
		case f.Name == "attr.weight":
			for _, v := range f.Values {
				got[v.Value] = v.Count
			}
			for n, c := range ref.Numbers(rq, "attr.weight") {
				want[fmt.Sprint(n)] = c
			}
		default:
			for _, v := range f.Values {
				got[analysis.Fold(v.Value)] = v.Count
			}
			for _, c := range ref.Terms(rq, f.Name) {
				want[c.Key] = c.Count
			}
		}
		maps.DeleteFunc(got, func(_ string, n int) bool { return n == 0 })
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%+v: facet %s (-want +got):\n%s", q, f.Name, diff)
		}
	}
}
