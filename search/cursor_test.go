package search_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aisle-search/aisle/search"
)

// walk follows next to the end and returns all ids in order.
func walk(t *testing.T, s *search.Store, q search.Query, between func(page int)) []string {
	t.Helper()
	p := find(t, s, q)
	var all []string
	for page := 0; ; page++ {
		all = append(all, ids(p)...)
		if p.Next == "" {
			return all
		}
		if between != nil {
			between(page)
		}
		p = find(t, s, search.Query{Cursor: p.Next, Limit: q.Limit})
	}
}

// distinct fails the test when an id occurs twice.
func distinct(t *testing.T, all []string) map[string]bool {
	t.Helper()
	seen := map[string]bool{}
	for _, id := range all {
		if seen[id] {
			t.Fatalf("%s came twice", id)
		}
		seen[id] = true
	}
	return seen
}

// A walk gives every product once, at any page size, while products are written,
// sold and deleted.
func TestWalkWhileWriting(t *testing.T) {
	t.Parallel()
	for _, sort := range []string{"", "price", "-title"} {
		for _, limit := range []int{1, 7, 100} {
			t.Run(fmt.Sprintf("%s/%d", sort, limit), func(t *testing.T) {
				t.Parallel()
				g := newGenerator(3)
				s, x := openTestStore(t, 2)
				var b search.Batch
				for i := range 150 {
					b.Documents = append(b.Documents, g.document(fmt.Sprintf("p%03d", i)))
				}
				commit(t, x, b)
				all := walk(t, s, search.Query{Sort: sort, Limit: limit}, func(page int) {
					if page%9 != 0 {
						return
					}
					id := fmt.Sprintf("p%03d", g.IntN(150))
					commit(t, x, search.Batch{Documents: []search.Document{g.document(id), g.document(fmt.Sprintf("new%d", page))}})
					s.SetSignals([]search.Signal{{ID: id, Stock: int64(g.IntN(2)), Sold30: int64(g.IntN(900)), Tracked: true}}, []byte("x"))
				})
				if seen := distinct(t, all); len(seen) != 150 {
					t.Errorf("got %d products, want 150", len(seen))
				}
			})
		}
	}
}

// Page size may change along a walk, and one can go back: the pages before are
// the same again.
func TestPagesBack(t *testing.T) {
	t.Parallel()
	s, x := openTestStore(t, 2)
	var b search.Batch
	for i := range 12 {
		d := titled(fmt.Sprintf("p%02d", i), "mouse")
		d.Numbers = []search.NumberValue{{Field: "price", Value: float64(i / 4)}}
		b.Documents = append(b.Documents, d)
	}
	commit(t, x, b)
	first := find(t, s, search.Query{Text: "mouse", Sort: "price", Limit: 5})
	second := find(t, s, search.Query{Cursor: first.Next, Limit: 3})
	third := find(t, s, search.Query{Cursor: second.Next, Limit: 10})
	if got := distinct(t, append(append(ids(first), ids(second)...), ids(third)...)); len(got) != 12 {
		t.Errorf("got %d distinct products, want 12", len(got))
	}
	if first.Prev != "" || third.Next != "" {
		t.Errorf("got prev %q of the first and next %q of the last page, want none", first.Prev, third.Next)
	}
	back := find(t, s, search.Query{Cursor: third.Prev, Limit: 3})
	if got, want := fmt.Sprint(ids(back)), fmt.Sprint(ids(second)); got != want {
		t.Errorf("back: got %s, want %s", got, want)
	}
	back = find(t, s, search.Query{Cursor: back.Prev, Limit: 5})
	if got, want := fmt.Sprint(ids(back)), fmt.Sprint(ids(first)); got != want {
		t.Errorf("back to the start: got %s, want %s", got, want)
	}
	if back.Prev != "" {
		t.Errorf("the first page has a page before it")
	}
	if again := find(t, s, search.Query{Cursor: back.Next, Limit: 3}); fmt.Sprint(ids(again)) != fmt.Sprint(ids(second)) {
		t.Errorf("forward again: got %v, want %v", ids(again), ids(second))
	}
}

// A cursor works with its own query only, and not when altered.
func TestCursorRefused(t *testing.T) {
	t.Parallel()
	s, x := openTestStore(t, 2)
	var b search.Batch
	var signals []search.Signal
	for i := range 30 {
		d := titled(fmt.Sprint(i), "red mouse")
		d.Keywords = []search.KeywordValue{{Field: "brand", Value: "Acme"}}
		b.Documents = append(b.Documents, d)
		signals = append(signals, search.Signal{ID: d.ID, Stock: 1, Tracked: true})
	}
	commit(t, x, b)
	s.SetSignals(signals, []byte("1"))
	cursor := find(t, s, search.Query{Text: "mouse", Sort: "title", Limit: 5}).Next
	flipped := []byte(cursor)
	flipped[len(flipped)/2] ^= 1
	for name, test := range map[string]struct {
		query search.Query
		want  error
	}{
		"other text":   {search.Query{Text: "red", Cursor: cursor}, search.ErrCursorMismatch},
		"other sort":   {search.Query{Text: "mouse", Sort: "price", Cursor: cursor}, search.ErrCursorMismatch},
		"other filter": {search.Query{Cursor: cursor, Filters: []search.Filter{{Field: "brand", Values: []string{"A"}}}}, search.ErrCursorMismatch},
		"stock":        {search.Query{Cursor: cursor, InStock: true}, search.ErrCursorMismatch},
		"profile":      {search.Query{Cursor: cursor, Profile: "text"}, search.ErrCursorMismatch},
		"empty text":   {search.Query{Cursor: cursor, Empty: search.Empty{Text: true}}, search.ErrCursorMismatch},
		"empty sort":   {search.Query{Cursor: cursor, Empty: search.Empty{Sort: true}}, search.ErrCursorMismatch},
		"empty as was": {search.Query{Cursor: cursor, Empty: search.Empty{Filters: true, InStock: true, Profile: true}}, nil},
		"flipped":      {search.Query{Cursor: string(flipped)}, search.ErrInvalidCursor},
		"text":         {search.Query{Cursor: "hello"}, search.ErrInvalidCursor},
		"long":         {search.Query{Cursor: strings.Repeat("A", 100_000)}, search.ErrInvalidCursor},
		"same":         {search.Query{Text: "mouse", Sort: "title", Cursor: cursor}, nil},
	} {
		if _, err := s.Search(t.Context(), test.query); !errors.Is(err, test.want) {
			t.Errorf("%s: got %v, want %v", name, err, test.want)
		}
	}
	full := find(t, s, search.Query{Filters: []search.Filter{{Field: "brand", Values: []string{"Acme"}}}, InStock: true, Profile: "text", Limit: 5})
	for name, empty := range map[string]search.Empty{"filters": {Filters: true}, "stock": {InStock: true}, "profile": {Profile: true}} {
		if _, err := s.Search(t.Context(), search.Query{Cursor: full.Next, Empty: empty}); !errors.Is(err, search.ErrCursorMismatch) {
			t.Errorf("empty %s: got %v, want ErrCursorMismatch", name, err)
		}
	}
}

// Forced filters hold on every page: a cursor may be sent alone, but only by one who is
// bound as its first page was.
func TestCursorWithForcedFilters(t *testing.T) {
	t.Parallel()
	s, x := openTestStore(t, 2)
	var b search.Batch
	for i := range 40 {
		d := titled(fmt.Sprintf("p%02d", i), "mouse")
		d.Keywords = []search.KeywordValue{{Field: "brand", Value: string("AB"[i%2])}, {Field: "attr.colour", Value: string("rg"[i/2%2])}}
		b.Documents = append(b.Documents, d)
	}
	commit(t, x, b)
	brand := func(of string) []search.Filter { return []search.Filter{{Field: "brand", Values: []string{of}}} }
	red := []search.Filter{{Field: "attr.colour", Values: []string{"r"}}}
	bound := find(t, s, search.Query{Text: "mouse", Filters: red, Forced: brand("A"), Limit: 3})
	free := find(t, s, search.Query{Text: "mouse", Filters: red, Limit: 3})
	chosen := find(t, s, search.Query{Text: "mouse", Filters: append(brand("A"), red...), Limit: 3})
	if bound.Total != 10 || free.Total != 20 || chosen.Total != 10 {
		t.Fatalf("got %d, %d and %d products, want 10, 20 and 10", bound.Total, free.Total, chosen.Total)
	}
	for name, test := range map[string]struct {
		query search.Query
		want  error
	}{
		"alone":                       {search.Query{Cursor: bound.Next, Forced: brand("A")}, nil},
		"with the same":               {search.Query{Cursor: bound.Next, Forced: brand("A"), Filters: red}, nil},
		"with others":                 {search.Query{Cursor: bound.Next, Forced: brand("A"), Filters: []search.Filter{{Field: "attr.colour", Values: []string{"g"}}}}, search.ErrCursorMismatch},
		"bound otherwise":             {search.Query{Cursor: bound.Next, Forced: brand("B")}, search.ErrCursorMismatch},
		"of one who is free":          {search.Query{Cursor: free.Next, Forced: brand("A")}, search.ErrCursorMismatch},
		"free, with what was forced":  {search.Query{Cursor: bound.Next, Filters: append(brand("A"), red...)}, nil},
		"of one who has chosen as is": {search.Query{Cursor: chosen.Next, Forced: brand("A")}, nil},
	} {
		p, err := s.Search(t.Context(), test.query)
		if !errors.Is(err, test.want) {
			t.Errorf("%s: got %v, want %v", name, err, test.want)
		}
		if err == nil && p.Total != 10 {
			t.Errorf("%s: got %d products, want 10", name, p.Total)
		}
	}
}

// openNode opens a store of its own with these documents; nodes of one key take each
// other's cursors.
func openNode(t *testing.T, key []byte, now func() time.Time, docs ...search.Document) (*search.Store, *search.Index) {
	t.Helper()
	s, err := search.OpenStore(t.TempDir(), search.Options{Partitions: 2, CursorKey: key, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	x, err := s.Begin(testSchema())
	if err != nil {
		t.Fatal(err)
	}
	commit(t, x, search.Batch{Documents: docs})
	if err := s.Swap(x); err != nil {
		t.Fatal(err)
	}
	return s, x
}

// After a rebuild, or on another node with the same key, paging goes on by sort
// key and says so; a very old cursor is refused.
func TestCursorWithoutItsView(t *testing.T) {
	t.Parallel()
	now := testInstant
	key := make([]byte, 32)
	var docs []search.Document
	for i := range 40 {
		docs = append(docs, titled(fmt.Sprintf("p%02d", i), "mouse "+strings.Repeat("red ", i%5)))
	}
	clock := func() time.Time { return now }
	one, _ := openNode(t, key, clock, docs...)
	two, _ := openNode(t, key, clock, docs...)
	first := find(t, one, search.Query{Text: "mouse", Limit: 15})
	here := find(t, one, search.Query{Cursor: first.Next})
	there := find(t, two, search.Query{Cursor: first.Next})
	if here.Paging != "snapshot" || there.Paging != "keyset" {
		t.Errorf("got paging %q here and %q there, want snapshot and keyset", here.Paging, there.Paging)
	}
	if got, want := fmt.Sprint(ids(there)), fmt.Sprint(ids(here)); got != want {
		t.Errorf("on another node: got %s, want %s", got, want)
	}
	now = now.Add(25 * time.Hour)
	if _, err := two.Search(t.Context(), search.Query{Cursor: first.Next}); !errors.Is(err, search.ErrCursorExpired) {
		t.Errorf("a day later: got %v, want %v", err, search.ErrCursorExpired)
	}
}

// Whatever is passed as a cursor never panics, and only ours are followed.
func FuzzCursor(f *testing.F) {
	s, x := openTestStore(f, 1)
	commit(f, x, search.Batch{Documents: []search.Document{titled("a", "mouse"), titled("b", "mouse")}})
	good := find(f, s, search.Query{Text: "mouse", Limit: 1}).Next
	f.Add(good)
	f.Add("")
	f.Add("AAAA")
	f.Fuzz(func(t *testing.T, cursor string) {
		p, err := s.Search(t.Context(), search.Query{Cursor: cursor})
		if err == nil && cursor != "" && len(p.Hits) != 1 {
			t.Errorf("cursor %q: got %d hits", cursor, len(p.Hits))
		}
	})
}

// Without its view, too, a walk by relevance meets each product once that nothing was
// written of, whatever is written of others and wherever they come: the scores it goes
// by are those of the first page.
func TestRelevanceWithoutItsView(t *testing.T) {
	t.Parallel()
	key := make([]byte, 32)
	var docs []search.Document
	for i := range 65 {
		docs = append(docs, titled(fmt.Sprintf("p%02d", i), "mouse wheel"+strings.Repeat(" red", i%5)))
	}
	clock := func() time.Time { return testInstant }
	for name, write := range map[string]func(n int) search.Batch{
		"nothing": func(int) search.Batch { return search.Batch{} },
		"others": func(n int) search.Batch {
			return search.Batch{Documents: []search.Document{titled(fmt.Sprint("o", n), "chair")}}
		},
		"long others": func(n int) search.Batch {
			return search.Batch{Documents: []search.Document{titled(fmt.Sprint("o", n), strings.Repeat("chair ", 200))}}
		},
		"matching": func(n int) search.Batch {
			return search.Batch{Documents: []search.Document{titled(fmt.Sprint("m", n), "mouse red")}}
		},
		"matching deleted": func(n int) search.Batch { return search.Batch{Deletes: []string{fmt.Sprintf("p%02d", n)}} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const walked = 60 // the others may be deleted
			one, _ := openNode(t, key, clock, docs...)
			var nodes []*search.Store
			var indexes []*search.Index
			for range 2 {
				s, x := openNode(t, key, clock, docs...)
				nodes, indexes = append(nodes, s), append(indexes, x)
			}
			page := find(t, one, search.Query{Text: "mouse wheel", Limit: 10})
			seen := ids(page)
			for n := 0; page.Next != ""; n++ {
				for _, x := range indexes {
					commit(t, x, write(walked+n%5))
				}
				page = find(t, nodes[n%2], search.Query{Cursor: page.Next})
				seen = append(seen, ids(page)...)
				if page.Paging != search.PagingKeyset {
					t.Errorf("page %d goes on by %s", n, page.Paging)
				}
			}
			met := distinct(t, seen)
			for i := range walked {
				if id := fmt.Sprintf("p%02d", i); !met[id] {
					t.Errorf("%s was not met", id)
				}
			}
			back := find(t, nodes[0], search.Query{Cursor: page.Prev})
			if back.Paging != search.PagingKeyset {
				t.Errorf("back: got paging %s", back.Paging)
			}
		})
	}
}
