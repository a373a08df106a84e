package search

import (
	"testing"

	index "github.com/blevesearch/bleve_index_api"

	"github.com/aisle-search/aisle/search/snapshot"
)

// Picking up merges never shows a batch that is committed in some partitions only.
func TestNoHalfCommit(t *testing.T) {
	t.Parallel()
	s, err := OpenStore(t.TempDir(), Options{Partitions: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	x, err := s.Begin(Schema{Hash: "test", Fields: []Field{{Name: "title", Kind: Text, Weight: 1}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := x.Commit(t.Context(), Batch{Documents: []Document{{ID: "a"}}, Position: []byte{1}}); err != nil {
		t.Fatal(err)
	}
	half := index.NewBatch()
	half.Delete("a")
	for _, state := range []struct {
		name       string
		under, cut bool
	}{{"while the other partition is committed", true, false}, {"after the other partition has failed", false, true}} {
		x.commitMu.Lock()
		if err := x.parts[snapshot.PartitionOf("a", 2)].Commit(t.Context(), half, 2, []byte{2}); err != nil {
			t.Fatal(err)
		}
		x.half = state.cut
		if !state.under {
			x.commitMu.Unlock()
		}
		if err := x.Refresh(); err != nil {
			t.Error(err)
		}
		if n := x.Documents(); n != 1 {
			t.Errorf("%s: %d documents are shown, want the 1 of before", state.name, n)
		}
		if state.under {
			x.commitMu.Unlock()
		}
	}
	if err := x.Commit(t.Context(), Batch{Position: []byte{3}}); err != nil {
		t.Fatal(err)
	}
	if n := x.Documents(); n != 0 {
		t.Errorf("after the next commit: %d documents, want none", n)
	}
}
