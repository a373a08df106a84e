package inversion

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"

	"github.com/RoaringBitmap/roaring/v2"
	index "github.com/blevesearch/bleve_index_api"
	segment "github.com/blevesearch/scorch_segment_api/v2"
	zap "github.com/blevesearch/zapx/v17"

	"github.com/aisle-search/aisle/search/layout"
)

// TestSameAsBleve: whatever the documents are, a segment reads as Bleve's builder would
// have made it: at once, on disk, and merged with others with some documents dropped.
func TestSameAsBleve(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(11, 7))
	for _, n := range []int{1, 2, 64, 65, 300, 2100} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			var ours, theirs []segment.Segment
			var drops []*roaring.Bitmap
			for part := range 2 {
				docs := randomDocuments(rng, n, part)
				own := build(t, &Plugin{}, docs)
				bleves := build(t, &zap.ZapPlugin{}, docs)
				same(t, "in memory", own, bleves)
				ours, theirs = append(ours, own), append(theirs, bleves)
				drop := roaring.New()
				for range rng.IntN(n/2 + 1) {
					drop.Add(uint32(rng.IntN(n)))
				}
				drops = append(drops, drop)
			}
			path := filepath.Join(t.TempDir(), "one.zap")
			if err := ours[0].(segment.UnpersistedSegment).Persist(path); err != nil {
				t.Fatal(err)
			}
			same(t, "on disk", open(t, path), theirs[0])
			same(t, "merged", merge(t, ours, drops), merge(t, theirs, drops))
			mixed := []segment.Segment{theirs[0], ours[1]}
			same(t, "merged with Bleve's", merge(t, mixed, drops), merge(t, theirs, drops))
		})
	}
}

// TestBuilderIsUsedAgain: nothing of a batch is left in the next.
func TestBuilderIsUsedAgain(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(3, 5))
	b := newBuilder()
	for i := range 30 {
		docs := randomDocuments(rng, 1+rng.IntN(90), i)
		got, _, err := finish(b, own(docs), nil)
		if err != nil {
			t.Fatal(err)
		}
		same(t, fmt.Sprint("batch ", i), got, build(t, &zap.ZapPlugin{}, docs))
	}
}

// TestOtherDocuments are left to Bleve.
func TestOtherDocuments(t *testing.T) {
	t.Parallel()
	docs := []index.Document{stranger{randomDocuments(rand.New(rand.NewPCG(1, 1)), 1, 0)[0]}}
	same(t, "another's document", build(t, &Plugin{}, docs), build(t, &zap.ZapPlugin{}, docs))
}

type stranger struct{ index.Document }

// randomDocuments are documents with the fields that products have: few terms that many
// have, many that few have, the empty one, some more than once, fields that are missing.
func randomDocuments(rng *rand.Rand, n, part int) []index.Document {
	docs := make([]index.Document, n)
	word := func(many int) string {
		w := fmt.Sprint("w", min(rng.IntN(many), rng.IntN(many)))
		return w[:rng.IntN(len(w)+1)]
	}
	for i := range docs {
		d := layout.NewDocument(fmt.Sprintf("P%d-%d", part, i), 4)
		for pack := range 2 {
			f := layout.NewCountField(fmt.Sprint(layout.Terms, pack), 0)
			for range rng.IntN(20) {
				f.Terms = append(f.Terms, layout.Term{Text: word(200), Weight: 1 << (layout.PackBits * rng.IntN(layout.PackFields))})
			}
			for range rng.IntN(3) * rng.IntN(12) { // more often than is counted
				f.Terms = append(f.Terms, layout.Term{Text: "often", Weight: 1 << layout.PackBits})
			}
			d.Add(f)
		}
		for _, name := range []string{layout.Keywords, layout.Numbers, layout.Names} {
			f := layout.NewSetField(name, 0)
			for range rng.IntN(12) {
				f.Set("common" + string(layout.Separator) + word(5))
				f.Set("rare" + string(layout.Separator) + word(9_000))
			}
			d.Add(f)
		}
		if rng.IntN(10) > 0 {
			record := make([]byte, rng.IntN(300))
			for i := range record {
				record[i] = byte(rng.IntN(7))
			}
			d.Store(record)
		}
		d.AddIDField()
		docs[i] = d
	}
	return docs
}

func own(docs []index.Document) []*layout.Document {
	all := make([]*layout.Document, len(docs))
	for i, d := range docs {
		all[i] = d.(*layout.Document)
	}
	return all
}

type plugin interface {
	New(docs []index.Document) (segment.Segment, uint64, error)
}

func build(t *testing.T, p plugin, docs []index.Document) segment.Segment {
	t.Helper()
	s, _, err := p.New(docs)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func open(t *testing.T, path string) segment.Segment {
	t.Helper()
	s, err := (&Plugin{}).Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func merge(t *testing.T, segments []segment.Segment, drops []*roaring.Bitmap) segment.Segment {
	t.Helper()
	path := filepath.Join(t.TempDir(), "merged.zap")
	if _, _, err := (&Plugin{}).Merge(segments, drops, path, nil, nil); err != nil {
		t.Fatal(err)
	}
	return open(t, path)
}

func same(t *testing.T, what string, got, want segment.Segment) {
	t.Helper()
	w, g := read(t, want), read(t, got)
	if slices.Equal(w, g) {
		return
	}
	for i := range min(len(w), len(g)) {
		if w[i] != g[i] {
			t.Fatalf("%s: got line %d\n%.1000s\nwant\n%.1000s", what, i, g[i], w[i])
		}
	}
	t.Fatalf("%s: got %d lines, want %d", what, len(g), len(w))
}

// read is all that a segment holds, as lines. Of a field without frequencies Bleve keeps
// 0, or 1 where one document has a term.
func read(t *testing.T, s segment.Segment) (lines []string) {
	t.Helper()
	say := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	say("%d documents, fields %q", s.Count(), s.Fields())
	for _, name := range s.Fields() {
		dict, err := s.Dictionary(name)
		if err != nil {
			t.Fatal(err)
		}
		say("%s: %d terms", name, dict.Cardinality())
		it := dict.AutomatonIterator(nil, nil, nil)
		for {
			e, err := it.Next()
			if err != nil {
				t.Fatal(err)
			}
			if e == nil {
				break
			}
			say("%s %q:%s", name, e.Term, postings(t, dict, e.Term, name[:1] == layout.Terms || name == layout.ID))
		}
	}
	for doc := range s.Count() {
		id, err := s.DocID(doc)
		if err != nil {
			t.Fatal(err)
		}
		say("%d is %s", doc, id)
		err = s.VisitStoredFields(doc, func(field string, typ byte, value []byte, pos []uint64) bool {
			say("%s has %s %c %q %v", id, field, typ, value, pos)
			return true
		})
		if err != nil {
			t.Fatal(err)
		}
		numbers, err := s.DocNumbers([]string{string(id)})
		if err != nil || !numbers.Contains(uint32(doc)) {
			t.Fatalf("document %s: found at %v, %v", id, numbers, err)
		}
	}
	return lines
}

func postings(t *testing.T, dict segment.TermDictionary, term string, counted bool) string {
	t.Helper()
	list, err := dict.PostingsList([]byte(term), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	it := list.Iterator(true, true, true, nil)
	var line []byte
	for {
		p, err := it.Next()
		if err != nil {
			t.Fatal(err)
		}
		if p == nil {
			return string(line)
		}
		line = fmt.Append(line, " ", p.Number())
		if counted {
			line = fmt.Append(line, ":", p.Frequency(), ":", p.Norm())
		}
		if len(p.Locations()) > 0 {
			t.Fatalf("term %q has locations", term)
		}
	}
}
