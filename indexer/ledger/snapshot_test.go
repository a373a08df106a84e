package ledger

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aisle-search/aisle/orders/replication"
	"github.com/aisle-search/aisle/search"
)

func truncate(t testing.TB, path string) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, info.Size()/2); err != nil {
		t.Fatal(err)
	}
}

// A finished snapshot takes the place of all rows: those that vanished while
// nobody looked are gone, and the signals that differ are told.
func TestSnapshotReplaces(t *testing.T) {
	t.Parallel()
	l, _ := openNew(t)
	apply(t, l, 50, stock("a", "gone", 3), stock("b", "same", 4), stock("c", "other", 5), line("1", "gone", 1, noon))
	s, err := l.BeginSnapshot()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Apply([]replication.Change{stock("b", "same", 4), stock("c", "other", 6)}); err != nil {
		t.Fatal(err)
	}
	if err := s.Apply([]replication.Change{stock("d", "new", 1)}); err != nil {
		t.Fatal(err)
	}
	wantAll(t, l, search.Signal{ID: "gone", Stock: 3, Sold7: 1, Sold30: 1, Tracked: true},
		search.Signal{ID: "same", Stock: 4, Tracked: true}, search.Signal{ID: "other", Stock: 5, Tracked: true})
	changed, err := s.Finish(20)
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(changed, func(a, b search.Signal) int { return strings.Compare(a.ID, b.ID) })
	want := []search.Signal{{ID: "gone"}, {ID: "new", Stock: 1, Tracked: true}, {ID: "other", Stock: 6, Tracked: true}}
	if diff := cmp.Diff(want, changed); diff != "" {
		t.Errorf("changed (-want +got):\n%s", diff)
	}
	wantAll(t, l, search.Signal{ID: "same", Stock: 4, Tracked: true}, want[1], want[2])
	if lsn, _, err := l.Position(); err != nil || lsn != 20 {
		t.Errorf("position: got %d, %v, want that of the snapshot, 20", lsn, err)
	}
	if err := s.Apply(nil); !errors.Is(err, errFinished) {
		t.Errorf("apply after the end: got %v, want errFinished", err)
	}
	checkSums(t, l)
}

// A snapshot that was cut short, by a crash or on purpose, leaves the old rows
// and their position, and the next one starts clean.
func TestSnapshotUnfinished(t *testing.T) {
	t.Parallel()
	c := &clock{at: noon}
	path := filepath.Join(t.TempDir(), "signals.db")
	l := open(t, path, c)
	apply(t, l, 50, stock("a", "p", 3))
	s, err := l.BeginSnapshot()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Apply([]replication.Change{stock("z", "leftover", 9)}); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l = open(t, path, c)
	defer l.Close()
	wantAll(t, l, search.Signal{ID: "p", Stock: 3, Tracked: true})
	if lsn, known, err := l.Position(); err != nil || !known || lsn != 50 {
		t.Errorf("position: got %d, %v, %v, want 50", lsn, known, err)
	}
	for range 2 {
		if s, err = l.BeginSnapshot(); err != nil {
			t.Fatal(err)
		}
		if err := s.Apply([]replication.Change{stock("b", "q", 1)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Discard(); err != nil {
		t.Fatal(err)
	}
	wantAll(t, l, search.Signal{ID: "p", Stock: 3, Tracked: true})
	if s, err = l.BeginSnapshot(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Finish(60); err != nil {
		t.Fatal(err)
	}
	if err := s.Discard(); err != nil {
		t.Errorf("discard after the end: %v", err)
	}
	wantAll(t, l)
}
