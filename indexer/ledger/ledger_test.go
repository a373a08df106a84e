package ledger

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aisle-search/aisle/orders/postgres"
	"github.com/aisle-search/aisle/orders/replication"
	"github.com/aisle-search/aisle/search"
)

// noon is the instant at which tests begin.
var noon = time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)

// clock is a clock that a test moves.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func open(t testing.TB, path string, c *clock) *Ledger {
	t.Helper()
	l, err := Open(path, c.now)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func openNew(t testing.TB) (*Ledger, *clock) {
	t.Helper()
	c := &clock{at: noon}
	l := open(t, filepath.Join(t.TempDir(), "signals.db"), c)
	t.Cleanup(func() { _ = l.Close() })
	return l, c
}

func stock(key, product string, quantity int64) replication.Change {
	return replication.Change{Kind: replication.KindStock, Op: replication.OpUpsert, Key: key, Product: product, Quantity: quantity}
}

func line(key, product string, quantity int64, at time.Time) replication.Change {
	return replication.Change{Kind: replication.KindLine, Op: replication.OpUpsert, Key: key, Product: product, Quantity: quantity, At: at}
}

func deleted(kind replication.Kind, key string) replication.Change {
	return replication.Change{Kind: kind, Op: replication.OpDelete, Key: key}
}

func daysAgo(n int) time.Time { return noon.AddDate(0, 0, -n) }

func apply(t testing.TB, l *Ledger, lsn postgres.LSN, changes ...replication.Change) []search.Signal {
	t.Helper()
	changed, err := l.Apply(changes, lsn)
	if err != nil {
		t.Fatal(err)
	}
	return changed
}

func all(t testing.TB, l *Ledger) map[string]search.Signal {
	t.Helper()
	got := map[string]search.Signal{}
	err := l.Each(func(signals []search.Signal) error {
		for _, s := range signals {
			got[s.ID] = s
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func wantAll(t testing.TB, l *Ledger, want ...search.Signal) {
	t.Helper()
	byID := map[string]search.Signal{}
	for _, s := range want {
		byID[s.ID] = s
	}
	if diff := cmp.Diff(byID, all(t, l)); diff != "" {
		t.Errorf("signals (-want +got):\n%s", diff)
	}
}

// What rows come to, whatever the order and repetition in which they are told.
func TestApply(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		changes []replication.Change
		want    []search.Signal
	}{
		{name: "stock of several places adds up",
			changes: []replication.Change{stock("a", "p", 3), stock("b", "p", 4)},
			want:    []search.Signal{{ID: "p", Stock: 7, Tracked: true}}},
		{name: "a row told twice counts once",
			changes: []replication.Change{stock("a", "p", 3), stock("a", "p", 3), line("1", "p", 2, noon), line("1", "p", 2, noon)},
			want:    []search.Signal{{ID: "p", Stock: 3, Sold7: 2, Sold30: 2, Tracked: true}}},
		{name: "a row may move to another product",
			changes: []replication.Change{stock("a", "p", 3), stock("a", "q", 3)},
			want:    []search.Signal{{ID: "q", Stock: 3, Tracked: true}}},
		{name: "a deleted row counts no more",
			changes: []replication.Change{stock("a", "p", 3), stock("b", "p", 1), deleted(replication.KindStock, "a"), line("1", "q", 1, noon), deleted(replication.KindLine, "1")},
			want:    []search.Signal{{ID: "p", Stock: 1, Tracked: true}}},
		{name: "a row that was never known may be deleted",
			changes: []replication.Change{deleted(replication.KindStock, "a"), deleted(replication.KindLine, "1")}},
		{name: "a cancelled line counts nothing",
			changes: []replication.Change{line("1", "p", 5, noon), line("2", "p", 1, noon), line("1", "p", 0, noon)},
			want:    []search.Signal{{ID: "p", Sold7: 1, Sold30: 1}}},
		{name: "no stock left is not the same as no stock row",
			changes: []replication.Change{stock("a", "p", 0), line("1", "q", 1, noon)},
			want:    []search.Signal{{ID: "p", Tracked: true}, {ID: "q", Sold7: 1, Sold30: 1}}},
		{name: "more reserved than on hand shows as none",
			changes: []replication.Change{stock("a", "p", -2)},
			want:    []search.Signal{{ID: "p", Tracked: true}}},
		{name: "windows are whole UTC days, today included",
			changes: []replication.Change{
				line("0", "p", 1, noon.Truncate(24*time.Hour)), line("6", "p", 10, daysAgo(6)), line("7", "p", 100, daysAgo(7)),
				line("29", "p", 1000, daysAgo(29)), line("30", "p", 10000, daysAgo(30)), line("31", "p", 100000, daysAgo(31)),
				line("t", "p", 1000000, noon.AddDate(0, 0, 1)),
			},
			want: []search.Signal{{ID: "p", Sold7: 11, Sold30: 1111}}},
		{name: "stock is truncated",
			changes: []replication.Change{stock("a", "p", 3), line("1", "p", 1, noon), {Kind: replication.KindStock, Op: replication.OpTruncate}, stock("b", "q", 1)},
			want:    []search.Signal{{ID: "p", Sold7: 1, Sold30: 1}, {ID: "q", Stock: 1, Tracked: true}}},
		{name: "lines are truncated",
			changes: []replication.Change{stock("a", "p", 3), line("1", "p", 1, noon), {Kind: replication.KindLine, Op: replication.OpTruncate}, line("2", "p", 4, noon)},
			want:    []search.Signal{{ID: "p", Stock: 3, Sold7: 4, Sold30: 4, Tracked: true}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			together, _ := openNew(t)
			apply(t, together, 1, test.changes...)
			wantAll(t, together, test.want...)
			single, _ := openNew(t)
			for _, c := range test.changes {
				apply(t, single, 1, c)
			}
			wantAll(t, single, test.want...)
			checkSums(t, single)
		})
	}
}

// Apply tells which signals are not what they were, and only those.
func TestApplyTellsWhatChanged(t *testing.T) {
	t.Parallel()
	l, _ := openNew(t)
	apply(t, l, 1, stock("a", "p", 3), stock("b", "q", 4))
	got := apply(t, l, 2, stock("a", "p", 3), stock("b", "q", 5))
	want := []search.Signal{{ID: "q", Stock: 5, Tracked: true}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("changed (-want +got):\n%s", diff)
	}
	got = apply(t, l, 3, deleted(replication.KindStock, "b"))
	if diff := cmp.Diff([]search.Signal{{ID: "q"}}, got); diff != "" {
		t.Errorf("changed (-want +got):\n%s", diff)
	}
}

// The position is kept with the rows, is left alone by zero, and never goes back.
func TestPosition(t *testing.T) {
	t.Parallel()
	c := &clock{at: noon}
	path := filepath.Join(t.TempDir(), "signals.db")
	l := open(t, path, c)
	if _, known, err := l.Position(); err != nil || known {
		t.Fatalf("position of a new ledger: known %v, %v", known, err)
	}
	for _, lsn := range []postgres.LSN{5, 0, 9, 7} {
		apply(t, l, lsn, stock("a", "p", int64(lsn)))
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l = open(t, path, c)
	defer l.Close()
	if got, known, err := l.Position(); err != nil || !known || got != 9 {
		t.Errorf("position: got %d, %v, %v, want 9", got, known, err)
	}
	wantAll(t, l, search.Signal{ID: "p", Stock: 7, Tracked: true})
}

// A row that cannot be kept is refused before anything is written.
func TestApplyRefuses(t *testing.T) {
	t.Parallel()
	l, _ := openNew(t)
	for _, bad := range []replication.Change{
		stock("", "p", 1), stock("a", "", 1), stock(strings.Repeat("k", maxKey+1), "p", 1),
		stock("a", strings.Repeat("p", maxProduct+1), 1), {Op: replication.OpUpsert, Key: "a", Product: "p"},
		deleted(replication.KindLine, ""),
	} {
		if _, err := l.Apply([]replication.Change{stock("ok", "ok", 1), bad}, 1); !errors.Is(err, ErrRow) {
			t.Errorf("apply %.40v: got %v, want ErrRow", bad, err)
		}
	}
	wantAll(t, l)
}

// A damaged file is moved aside, and the new one knows no position.
func TestOpenDamaged(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "signals.db")
	l := open(t, path, &clock{at: noon})
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	truncate(t, path)
	l = open(t, path, &clock{at: noon})
	defer l.Close()
	if _, known, err := l.Position(); err != nil || known || l.Aside() == "" {
		t.Errorf("got known %v, aside %q, %v", known, l.Aside(), err)
	}
}
