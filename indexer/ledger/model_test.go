package ledger

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aisle-search/aisle/orders/postgres"
	"github.com/aisle-search/aisle/orders/replication"
	"github.com/aisle-search/aisle/search"
)

// model is what the ledger promises, in the plainest form.
type model struct {
	stock, lines map[string]replication.Change
}

func newModel() *model {
	return &model{stock: map[string]replication.Change{}, lines: map[string]replication.Change{}}
}

func (m *model) apply(c replication.Change) {
	rows := m.stock
	if c.Kind == replication.KindLine {
		rows = m.lines
	}
	switch c.Op {
	case replication.OpUpsert:
		rows[c.Key] = c
	case replication.OpDelete:
		delete(rows, c.Key)
	case replication.OpTruncate:
		clear(rows)
	}
}

func (m *model) signals(now time.Time) map[string]search.Signal {
	got := map[string]search.Signal{}
	stock := map[string]int64{}
	for _, c := range m.stock {
		stock[c.Product] += c.Quantity
		got[c.Product] = search.Signal{ID: c.Product, Stock: max(0, stock[c.Product]), Tracked: true}
	}
	today := now.UTC().Truncate(24 * time.Hour)
	for _, c := range m.lines {
		day := c.At.UTC().Truncate(24 * time.Hour)
		s := got[c.Product]
		s.ID = c.Product
		if !day.After(today) && day.After(today.AddDate(0, 0, -7)) {
			s.Sold7 += c.Quantity
		}
		if !day.After(today) && day.After(today.AddDate(0, 0, -30)) {
			s.Sold30 += c.Quantity
		}
		got[c.Product] = s
	}
	for id, s := range got {
		if s == (search.Signal{ID: id}) {
			delete(got, id)
		}
	}
	return got
}

// Random rows, deletions, truncations, snapshots, days and restarts leave what a
// plain map would; and what is told as changed, applied to what was told
// before, is the same again.
func TestModel(t *testing.T) {
	t.Parallel()
	for seed := range uint64(12) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			runModel(t, rand.New(rand.NewPCG(seed, 1)))
		})
	}
}

func runModel(t *testing.T, r *rand.Rand) {
	c := &clock{at: noon}
	path := filepath.Join(t.TempDir(), "signals.db")
	l := open(t, path, c)
	defer func() { _ = l.Close() }()
	m := newModel()
	told := map[string]search.Signal{}
	tell := func(changed []search.Signal) error {
		for _, s := range changed {
			told[s.ID] = s
			if s == (search.Signal{ID: s.ID}) {
				delete(told, s.ID)
			}
		}
		return nil
	}
	for step := range 60 {
		switch r.IntN(12) {
		case 0:
			c.at = c.at.AddDate(0, 0, 1+r.IntN(9))
			if err := l.Roll(tell); err != nil {
				t.Fatal(err)
			}
		case 1:
			if _, err := l.Prune(1 + r.IntN(20)); err != nil {
				t.Fatal(err)
			}
		case 2:
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
			l = open(t, path, c)
		case 3:
			m = newModel()
			_ = tell(snapshotOf(t, l, m, randomRows(r, 30, c.at)))
		default:
			changes := randomRows(r, 1+r.IntN(40), c.at)
			for _, c := range changes {
				m.apply(c)
			}
			_ = tell(apply(t, l, postgres.LSN(step), changes...))
		}
		want := m.signals(c.at)
		got := all(t, l)
		for id, s := range got {
			if s == (search.Signal{ID: id}) {
				delete(got, id)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("step %d: signals (-model +ledger):\n%s", step, diff)
		}
		if diff := cmp.Diff(want, told); diff != "" {
			t.Fatalf("step %d: signals (-model +told):\n%s", step, diff)
		}
		checkSums(t, l)
	}
}

func snapshotOf(t *testing.T, l *Ledger, m *model, rows []replication.Change) []search.Signal {
	t.Helper()
	s, err := l.BeginSnapshot()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range rows {
		m.apply(c)
	}
	if err := s.Apply(rows); err != nil {
		t.Fatal(err)
	}
	changed, err := s.Finish(1)
	if err != nil {
		t.Fatal(err)
	}
	return changed
}

func randomRows(r *rand.Rand, n int, now time.Time) []replication.Change {
	changes := make([]replication.Change, 0, n)
	for range n {
		key, product := fmt.Sprint(r.IntN(40)), fmt.Sprint("p", r.IntN(12))
		kind := replication.KindStock + replication.Kind(r.IntN(2))
		switch r.IntN(40) {
		case 0:
			changes = append(changes, replication.Change{Kind: kind, Op: replication.OpTruncate})
		case 1, 2, 3, 4, 5, 6:
			changes = append(changes, deleted(kind, key))
		default:
			c := replication.Change{Kind: kind, Op: replication.OpUpsert, Key: key, Product: product, Quantity: int64(r.IntN(9) - 1)}
			if kind == replication.KindLine {
				c.At = now.AddDate(0, 0, -r.IntN(40))
			}
			changes = append(changes, c)
		}
	}
	return changes
}
