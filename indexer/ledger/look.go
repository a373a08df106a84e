package ledger

import (
	"time"

	"go.etcd.io/bbolt"

	"github.com/aisle-search/aisle/orders"
	"github.com/aisle-search/aisle/search"
)

// Windows are those that signals are evaluated for now.
func (l *Ledger) Windows() orders.Windows {
	return orders.Windows{Today: time.Unix(int64(l.Day())*86400, 0).UTC(), Short: shortWindow, Long: longWindow}
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
