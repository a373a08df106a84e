package ledger

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"go.etcd.io/bbolt"

	"github.com/aisle-search/aisle/orders/postgres"
	"github.com/aisle-search/aisle/orders/replication"
	"github.com/aisle-search/aisle/search"
)

// Bounds of what can be kept: bbolt's keys end at 32 KiB, and products are
// keys too.
const (
	maxKey     = 16 << 10
	maxProduct = 4 << 10
)

// Check says whether a change can be kept. Apply refuses a batch that holds one
// that cannot.
func Check(c replication.Change) error {
	switch {
	case c.Op == replication.OpCommit || c.Op == replication.OpTruncate:
		return nil
	case c.Kind != replication.KindStock && c.Kind != replication.KindLine:
		return fmt.Errorf("%w: unknown kind %d", ErrRow, c.Kind)
	case c.Key == "" || len(c.Key) > maxKey:
		return fmt.Errorf("%w: key has %d bytes, allowed are 1 to %d", ErrRow, len(c.Key), maxKey)
	case c.Op == replication.OpUpsert && (c.Product == "" || len(c.Product) > maxProduct):
		return fmt.Errorf("%w: product id has %d bytes, allowed are 1 to %d", ErrRow, len(c.Product), maxProduct)
	}
	return nil
}

// Apply makes changes durable, and with them position unless it is zero or not
// past the one held. It gives back the signals that differ from before.
func (l *Ledger) Apply(changes []replication.Change, lsn postgres.LSN) ([]search.Signal, error) {
	n, err := collapse(changes)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	var changed []search.Signal
	err = l.db.Update(func(tx *bbolt.Tx) error {
		touched, err := l.write(tx, currentEpoch(tx), n)
		if err != nil {
			return err
		}
		changed = touched.changed(l.day)
		if held, known := position(tx); lsn != 0 && (!known || lsn > held) {
			return setPosition(tx, lsn)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("apply %d changes: %w", len(changes), err)
	}
	return changed, nil
}

// net is what a run of changes comes to: the last word on each row, after
// perhaps a truncation.
type net struct {
	truncated map[replication.Kind]bool
	rows      map[rowKey]replication.Change
}

type rowKey struct {
	kind replication.Kind
	key  string
}

func collapse(changes []replication.Change) (net, error) {
	n := net{truncated: map[replication.Kind]bool{}, rows: make(map[rowKey]replication.Change, len(changes))}
	for _, c := range changes {
		if err := Check(c); err != nil {
			return net{}, err
		}
		switch c.Op {
		case replication.OpTruncate:
			n.truncated[c.Kind] = true
			maps.DeleteFunc(n.rows, func(k rowKey, _ replication.Change) bool { return k.kind == c.Kind })
		case replication.OpUpsert, replication.OpDelete:
			n.rows[rowKey{c.Kind, c.Key}] = c
		}
	}
	return n, nil
}

// sorted gives the rows in the order of their keys, so that neighbours on a
// page are written together.
func (n net) sorted() []rowKey {
	return slices.SortedFunc(maps.Keys(n.rows), func(a, b rowKey) int {
		return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.key, b.key))
	})
}

// write brings an epoch's rows and sums up to date.
func (l *Ledger) write(tx *bbolt.Tx, epoch uint64, n net) (*sums, error) {
	horizon, err := l.horizon(tx)
	if err != nil {
		return nil, err
	}
	t, err := openTables(tx, epoch)
	if err != nil {
		return nil, err
	}
	touched := &sums{bucket: t.sums, horizon: horizon, byID: map[string]*entry{}}
	for kind := range n.truncated {
		if err := t.truncate(kind, touched); err != nil {
			return nil, err
		}
	}
	for _, k := range n.sorted() {
		if err := t.writeRow(k, n.rows[k], touched); err != nil {
			return nil, err
		}
	}
	return touched, touched.store()
}

// writeRow replaces what a row adds to its product by what it adds now.
func (t *tables) writeRow(k rowKey, c replication.Change, touched *sums) error {
	rows, key := t.rows(k.kind), []byte(k.key)
	if b := rows.Get(key); b != nil {
		old, err := decodeRow(b)
		if err != nil {
			return err
		}
		if err := touched.add(k.kind, old, -1); err != nil {
			return err
		}
		if k.kind == replication.KindLine {
			if err := t.days.Delete(dayKey(old.day, key)); err != nil {
				return err
			}
		}
	}
	next := row{product: c.Product, quantity: c.Quantity}
	if k.kind == replication.KindLine {
		next.day = DayOf(c.At)
	}
	if c.Op == replication.OpDelete || (k.kind == replication.KindLine && next.day <= touched.horizon) {
		return rows.Delete(key)
	}
	if err := touched.add(k.kind, next, 1); err != nil {
		return err
	}
	if k.kind == replication.KindLine {
		if err := t.days.Put(dayKey(next.day, key), nil); err != nil {
			return err
		}
	}
	return rows.Put(key, next.encode())
}

func (t *tables) truncate(kind replication.Kind, touched *sums) (err error) {
	if kind == replication.KindStock {
		if t.stock, err = t.renew(stockBucket); err != nil {
			return err
		}
		return touched.reset(func(s *sum) { s.stock, s.stockRows = 0, 0 })
	}
	if t.lines, err = t.renew(linesBucket); err != nil {
		return err
	}
	if t.days, err = t.renew(daysBucket); err != nil {
		return err
	}
	return touched.reset(func(s *sum) { s.days = nil })
}
