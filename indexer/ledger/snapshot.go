package ledger

import (
	"bytes"
	"errors"
	"fmt"

	"go.etcd.io/bbolt"

	"github.com/aisle-search/aisle/orders/postgres"
	"github.com/aisle-search/aisle/orders/replication"
	"github.com/aisle-search/aisle/search"
)

// errFinished: a snapshot was used after its end.
var errFinished = errors.New("ledger: snapshot has ended")

// Snapshot collects all rows anew beside those that count. One that is neither
// finished nor discarded is removed when the next begins or the file is opened.
type Snapshot struct {
	ledger *Ledger
	epoch  uint64
	ended  bool
}

// BeginSnapshot begins one. Only one may be under way.
func (l *Ledger) BeginSnapshot() (*Snapshot, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := &Snapshot{ledger: l}
	err := l.db.Update(func(tx *bbolt.Tx) error {
		s.epoch = currentEpoch(tx) + 1
		if err := dropOtherEpochs(tx); err != nil {
			return err
		}
		return createEpoch(tx, s.epoch)
	})
	if err != nil {
		return nil, fmt.Errorf("begin snapshot: %w", err)
	}
	return s, nil
}

// Apply adds rows to the snapshot.
func (s *Snapshot) Apply(changes []replication.Change) error {
	n, err := collapse(changes)
	if err != nil {
		return err
	}
	return s.update("add to snapshot", func(tx *bbolt.Tx) error {
		_, err := s.ledger.write(tx, s.epoch, n)
		return err
	})
}

// Finish makes the snapshot's rows the ones that count, at position, and gives
// back the signals that differ from before, those of vanished products
// included.
func (s *Snapshot) Finish(lsn postgres.LSN) ([]search.Signal, error) {
	var changed []search.Signal
	err := s.update("finish snapshot", func(tx *bbolt.Tx) error {
		before, err := openTables(tx, currentEpoch(tx))
		if err != nil {
			return err
		}
		after, err := openTables(tx, s.epoch)
		if err != nil {
			return err
		}
		if changed, err = differences(before.sums, after.sums, s.ledger.day); err != nil {
			return err
		}
		if err := setCurrentEpoch(tx, s.epoch); err != nil {
			return err
		}
		if err := setPosition(tx, lsn); err != nil {
			return err
		}
		return dropOtherEpochs(tx)
	})
	if err != nil {
		return nil, err
	}
	s.ended = true
	return changed, nil
}

// Discard removes an unfinished snapshot; after Finish it does nothing.
func (s *Snapshot) Discard() error {
	if s.ended {
		return nil
	}
	err := s.update("discard snapshot", dropOtherEpochs)
	s.ended = true
	return err
}

func (s *Snapshot) update(doing string, change func(*bbolt.Tx) error) error {
	s.ledger.mu.Lock()
	defer s.ledger.mu.Unlock()
	if s.ended {
		return errFinished
	}
	if err := s.ledger.db.Update(change); err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return nil
}

// differences walks two sets of sums side by side and gives the signals of the
// second that are not those of the first.
func differences(before, after *bbolt.Bucket, today Day) ([]search.Signal, error) {
	var changed []search.Signal
	b, a := before.Cursor(), after.Cursor()
	bk, bv := b.First()
	ak, av := a.First()
	for bk != nil || ak != nil {
		var was, is sum
		id := ak
		order := compareKeys(bk, ak)
		if order <= 0 {
			s, err := decodeSum(bv)
			if err != nil {
				return nil, err
			}
			was, id = *s, bk
		}
		if order >= 0 {
			s, err := decodeSum(av)
			if err != nil {
				return nil, err
			}
			is = *s
		}
		name := string(id)
		if now := is.signal(name, today); now != was.signal(name, today) {
			changed = append(changed, now)
		}
		if order <= 0 {
			bk, bv = b.Next()
		}
		if order >= 0 {
			ak, av = a.Next()
		}
	}
	return changed, nil
}

// compareKeys orders keys; a key that is missing comes after all others.
func compareKeys(a, b []byte) int {
	switch {
	case a == nil:
		return 1
	case b == nil:
		return -1
	}
	return bytes.Compare(a, b)
}
