package ledger

import (
	"math"
	"time"

	"go.etcd.io/bbolt"

	"github.com/aisle-search/aisle/orders/replication"
	"github.com/aisle-search/aisle/search"
)

// Windows are those that signals are evaluated for now.
func (l *Ledger) Windows() replication.Windows {
	return replication.Windows{Today: time.Unix(int64(l.Day())*86400, 0).UTC(), Short: shortWindow, Long: longWindow}
}

// Signals gives the signals of some products, in their order.
func (l *Ledger) Signals(ids []string) ([]search.Signal, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := make([]search.Signal, len(ids))
	err := l.db.View(func(tx *bbolt.Tx) error {
		t, err := openTables(tx, currentEpoch(tx))
		if err != nil {
			return err
		}
		for i, id := range ids {
			held := &sum{}
			if b := t.sums.Get([]byte(id)); b != nil {
				if held, err = decodeSum(b); err != nil {
					return err
				}
			}
			out[i] = held.signal(id, l.day)
		}
		return nil
	})
	return out, err
}

// SignalOf is a sum of the source's own as the index shows it; false for products whose
// rows the ledger does not keep.
func SignalOf(s replication.Sum) (search.Signal, bool) {
	row := replication.Change{Kind: replication.KindStock, Op: replication.OpUpsert, Key: "-", Product: s.Product}
	return search.Signal{
		ID: s.Product, Tracked: s.Tracked, Stock: max(0, s.Stock), Sold7: shownUnits(s.Short), Sold30: shownUnits(s.Long),
	}, Check(row) == nil
}

// shownUnits is what the index has room for.
func shownUnits(n int64) int64 { return max(math.MinInt32, min(n, math.MaxInt32)) }
