package ledger

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.etcd.io/bbolt"

	"github.com/aisle-search/aisle/orders/replication"
	"github.com/aisle-search/aisle/search"
)

func roll(t testing.TB, l *Ledger) []search.Signal {
	t.Helper()
	var changed []search.Signal
	err := l.Roll(func(signals []search.Signal) error {
		changed = append(changed, signals...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return changed
}

// As the days go by a sale leaves the short window, then the long one; within a
// day nothing changes.
func TestRoll(t *testing.T) {
	t.Parallel()
	l, c := openNew(t)
	apply(t, l, 1, line("1", "p", 2, noon), line("2", "future", 3, noon.AddDate(0, 0, 2)), stock("a", "q", 1))
	for _, step := range []struct {
		day  int
		want []search.Signal
	}{
		{day: 0}, {day: 1},
		{day: 2, want: []search.Signal{{ID: "future", Sold7: 3, Sold30: 3}}},
		{day: 6},
		{day: 7, want: []search.Signal{{ID: "p", Sold30: 2}}},
		{day: 30, want: []search.Signal{{ID: "future", Sold30: 3}, {ID: "p"}}},
		{day: 40, want: []search.Signal{{ID: "future"}}},
	} {
		c.at = noon.AddDate(0, 0, step.day)
		if diff := cmp.Diff(step.want, roll(t, l)); diff != "" {
			t.Errorf("day %d (-want +got):\n%s", step.day, diff)
		}
		if again := roll(t, l); again != nil {
			t.Errorf("day %d, rolled again: got %v", step.day, again)
		}
		checkSums(t, l)
	}
}

// Old lines go in steps of at most the limit; what is kept is what still counts,
// and a clock that goes back brings nothing to life twice.
func TestPrune(t *testing.T) {
	t.Parallel()
	l, c := openNew(t)
	var changes []replication.Change
	for i := range 10 {
		changes = append(changes, line(fmt.Sprint(i), "p", 1, daysAgo(30)))
	}
	apply(t, l, 1, append(changes, line("new", "p", 1, noon))...)
	c.at = noon.AddDate(0, 0, 5)
	roll(t, l)
	for step, want := range []int{7, 3, 1, 1} {
		more, err := l.Prune(4)
		if err != nil {
			t.Fatal(err)
		}
		if got := countLines(t, l); got != want || more != (step < 2) {
			t.Errorf("after step %d: got %d lines, more %v, want %d", step, got, more, want)
		}
		checkSums(t, l)
	}
	c.at = noon
	apply(t, l, 2, changes...)
	apply(t, l, 3, deleted(replication.KindLine, "3"))
	roll(t, l)
	wantAll(t, l, search.Signal{ID: "p", Sold7: 1, Sold30: 1})
	checkSums(t, l)
}

// A UTC day is a UTC day, whatever the zone of the instant.
func TestDayOf(t *testing.T) {
	t.Parallel()
	zone := time.FixedZone("east", 9*3600)
	for _, test := range []struct {
		at   time.Time
		want Day
	}{
		{time.Unix(0, 0), 0},
		{time.Unix(-1, 0), -1},
		{time.Unix(86399, 999), 0},
		{time.Date(1970, 1, 2, 8, 59, 0, 0, zone), 0},
		{time.Date(1970, 1, 2, 9, 0, 0, 0, zone), 1},
	} {
		if got := DayOf(test.at); got != test.want {
			t.Errorf("DayOf(%v): got %d, want %d", test.at, got, test.want)
		}
	}
}

func countLines(t testing.TB, l *Ledger) (n int) {
	t.Helper()
	err := l.db.View(func(tx *bbolt.Tx) error {
		tables, err := openTables(tx, currentEpoch(tx))
		if err != nil {
			return err
		}
		return tables.lines.ForEach(func(_, _ []byte) error { n++; return nil })
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// checkSums compares the sums with the rows that they are sums of, and the index
// of days with the lines.
func checkSums(t testing.TB, l *Ledger) {
	t.Helper()
	err := l.db.View(func(tx *bbolt.Tx) error {
		tables, err := openTables(tx, currentEpoch(tx))
		if err != nil {
			return err
		}
		want := map[string]*sum{}
		of := func(id string) *sum {
			if want[id] == nil {
				want[id] = &sum{}
			}
			return want[id]
		}
		horizon := DayOf(l.now()) - keptDays
		if stored, known := storedHorizon(tx); known {
			horizon = max(horizon, stored)
		}
		err = tables.stock.ForEach(func(_, value []byte) error {
			r, err := decodeRow(value)
			of(r.product).stock += r.quantity
			of(r.product).stockRows++
			return err
		})
		if err != nil {
			return err
		}
		lines := 0
		err = tables.lines.ForEach(func(key, value []byte) error {
			r, err := decodeRow(value)
			of(r.product).addUnits(r.day, r.quantity)
			lines++
			if tables.days.Get(dayKey(r.day, key)) == nil {
				return fmt.Errorf("line %s is not in the index of days", key)
			}
			return err
		})
		if err != nil {
			return err
		}
		indexed := 0
		if err := tables.days.ForEach(func(_, _ []byte) error { indexed++; return nil }); err != nil {
			return err
		}
		if indexed != lines {
			return fmt.Errorf("%d lines, %d in the index of days", lines, indexed)
		}
		got := map[string]*sum{}
		err = tables.sums.ForEach(func(id, value []byte) error {
			s, err := decodeSum(value)
			got[string(id)] = s
			return err
		})
		for _, sums := range []map[string]*sum{got, want} {
			for id, s := range sums {
				if s.forget(horizon); s.empty() {
					delete(sums, id)
				} else if len(s.days) == 0 {
					s.days = nil
				}
			}
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(sum{}, dayUnits{})); diff != "" {
			return fmt.Errorf("sums and rows differ (-rows +sums):\n%s", diff)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
