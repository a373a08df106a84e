package search_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/aisle-search/aisle/search"
)

// A second opener is refused at once and told who holds the folder.
func TestLock(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	reopenTestStore(t, dir, 1)
	_, err := search.OpenStore(dir, search.Options{Partitions: 1})
	var locked *search.LockedError
	if !errors.As(err, &locked) || !strings.Contains(locked.Holder, fmt.Sprint(os.Getpid())) {
		t.Errorf("got %v, want a LockedError that names process %d", err, os.Getpid())
	}
}

// Searches go on through a swap: none fails, none is empty.
func TestSwapUnderSearch(t *testing.T) {
	t.Parallel()
	s, x := openTestStore(t, 2)
	fill := func(x *search.Index) {
		var b search.Batch
		for i := range 50 {
			b.Documents = append(b.Documents, titled(fmt.Sprint(i), "mouse"))
		}
		commit(t, x, b)
	}
	fill(x)
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				p, err := s.Search(t.Context(), search.Query{Text: "mouse"})
				if err != nil || p.Total != 50 {
					t.Errorf("got %v, want 50 hits", err)
					return
				}
			}
		})
	}
	for range 5 {
		next, err := s.Begin(testSchema())
		if err != nil {
			t.Fatal(err)
		}
		fill(next)
		if err := s.Swap(next); err != nil {
			t.Fatal(err)
		}
		if err := s.Tidy(); err != nil {
			t.Error(err)
		}
	}
	close(stop)
	wg.Wait()
}

// A generation that was not swapped in leaves nothing behind.
func TestUnfinishedGeneration(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := reopenTestStore(t, dir, 1)
	x, err := s.Begin(testSchema())
	if err != nil {
		t.Fatal(err)
	}
	commit(t, x, search.Batch{Documents: []search.Document{titled("a", "mouse")}})
	if err := s.Swap(x); err != nil {
		t.Fatal(err)
	}
	if x, err = s.Begin(testSchema()); err != nil {
		t.Fatal(err)
	}
	commit(t, x, search.Batch{Documents: []search.Document{titled("b", "mouse")}})
	if err := s.Close(); err != nil { // as a kill would leave it: begun, not swapped
		t.Fatal(err)
	}
	s = reopenTestStore(t, dir, 1)
	if got := ids(find(t, s, search.Query{})); fmt.Sprint(got) != "[a]" {
		t.Errorf("got %v, want [a]", got)
	}
	entries, err := os.ReadDir(filepath.Join(dir, "generations"))
	if err != nil || len(entries) != 1 {
		t.Errorf("got %d generations on disk (%v), want 1", len(entries), err)
	}
}

// A changed schema or number of partitions is noticed.
func TestNeedsRebuild(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := reopenTestStore(t, dir, 2)
	if got := s.NeedsRebuild(testSchema()); got == "" {
		t.Error("an empty folder needs no rebuild")
	}
	x, err := s.Begin(testSchema())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Swap(x); err != nil {
		t.Fatal(err)
	}
	if got := s.NeedsRebuild(testSchema()); got != "" {
		t.Errorf("the same schema: got %q", got)
	}
	other := testSchema()
	other.Hash = "other"
	if got := s.NeedsRebuild(other); !strings.Contains(got, "schema") {
		t.Errorf("another schema: got %q", got)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = reopenTestStore(t, dir, 3)
	if got := s.NeedsRebuild(testSchema()); !strings.Contains(got, "partitions") {
		t.Errorf("another number of partitions: got %q", got)
	}
}

// A refused document changes nothing of its batch.
func TestRefused(t *testing.T) {
	t.Parallel()
	_, x := openTestStore(t, 2)
	bad := titled("bad", "mouse")
	bad.Keywords = []search.KeywordValue{{Field: "nobody knows", Value: "x"}}
	err := x.Commit(t.Context(), search.Batch{Documents: []search.Document{titled("good", "mouse"), bad}})
	var refused *search.RefusedError
	if !errors.As(err, &refused) || refused.ID != "bad" {
		t.Errorf("got %v, want a RefusedError of bad", err)
	}
	if n := x.Documents(); n != 0 {
		t.Errorf("got %d documents, want 0", n)
	}
}

// Signals change stock, availability and popularity at once and leave the text
// index alone; explanations multiply out.
func TestSignals(t *testing.T) {
	t.Parallel()
	s, x := openTestStore(t, 2)
	commit(t, x, search.Batch{Documents: []search.Document{titled("a", "red mouse"), titled("b", "red mouse"), titled("c", "red mouse")}})
	s.SetSignals([]search.Signal{{ID: "a", Tracked: true}, {ID: "b", Stock: 3, Tracked: true}, {ID: "c", Stock: 1, Sold30: 100, Tracked: true}}, []byte("7"))
	p := find(t, s, search.Query{Text: "mouse", Explain: true})
	if got := fmt.Sprint(ids(p)); got != "[c b a]" {
		t.Errorf("got %s, want popular first and sold out last: [c b a]", got)
	}
	for _, h := range p.Hits {
		e := h.Explain
		if got := e.Text * e.Freshness * e.Availability * e.Popularity; got != h.Score || e.Score != h.Score {
			t.Errorf("%s: factors give %v, score is %v", h.ID, got, h.Score)
		}
		share := 0.0
		for _, term := range e.Terms {
			share += term.Share
		}
		if share != e.Text {
			t.Errorf("%s: shares give %v, text is %v", h.ID, share, e.Text)
		}
	}
	if got := string(p.Positions["orders"]); got != "7" {
		t.Errorf("got orders position %q, want 7", got)
	}
	if got := find(t, s, search.Query{InStock: true}).Total; got != 2 {
		t.Errorf("in stock: got %d, want 2", got)
	}
	s.SetSignals([]search.Signal{{ID: "b", Tracked: true}}, []byte("8"))
	if got := find(t, s, search.Query{InStock: true}).Total; got != 1 {
		t.Errorf("in stock after the last piece: got %d, want 1", got)
	}
}
