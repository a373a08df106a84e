package ledger

import (
	"maps"
	"slices"

	"go.etcd.io/bbolt"

	"github.com/aisle-search/aisle/orders/replication"
	"github.com/aisle-search/aisle/search"
)

// sums are the product sums that one transaction touches.
type sums struct {
	bucket  *bbolt.Bucket
	horizon Day
	byID    map[string]*entry
}

// entry is a product's sum before and now.
type entry struct{ before, now sum }

func (s *sums) load(id string) (*entry, error) {
	if e, ok := s.byID[id]; ok {
		return e, nil
	}
	e := &entry{}
	if b := s.bucket.Get([]byte(id)); b != nil {
		held, err := decodeSum(b)
		if err != nil {
			return nil, err
		}
		e.before = *held
		e.now = *held
		e.now.days = slices.Clone(held.days)
		e.now.forget(s.horizon)
	}
	s.byID[id] = e
	return e, nil
}

// add books a row on its product; sign -1 takes it away.
func (s *sums) add(kind replication.Kind, r row, sign int64) error {
	if kind == replication.KindLine && r.day <= s.horizon {
		return nil // neither counted nor to be taken away
	}
	e, err := s.load(r.product)
	if err != nil {
		return err
	}
	if kind == replication.KindStock {
		e.now.stock += sign * r.quantity
		e.now.stockRows += sign
		return nil
	}
	e.now.addUnits(r.day, sign*r.quantity)
	return nil
}

// reset changes every product's sum.
func (s *sums) reset(change func(*sum)) error {
	var ids []string
	err := s.bucket.ForEach(func(id, _ []byte) error {
		ids = append(ids, string(id))
		return nil
	})
	if err != nil {
		return err
	}
	for _, id := range ids {
		e, err := s.load(id)
		if err != nil {
			return err
		}
		change(&e.now)
	}
	return nil
}

func (s *sums) store() error {
	for _, id := range slices.Sorted(maps.Keys(s.byID)) {
		e := s.byID[id]
		if e.now.empty() {
			if err := s.bucket.Delete([]byte(id)); err != nil {
				return err
			}
			continue
		}
		if err := s.bucket.Put([]byte(id), e.now.encode()); err != nil {
			return err
		}
	}
	return nil
}

// changed gives the signals that are not what they were.
func (s *sums) changed(today Day) []search.Signal {
	var changed []search.Signal
	for id, e := range s.byID {
		if now := e.now.signal(id, today); now != e.before.signal(id, today) {
			changed = append(changed, now)
		}
	}
	return changed
}
