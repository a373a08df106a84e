package ledger

import (
	"encoding/binary"
	"fmt"
	"sync"
	"time"

	"go.etcd.io/bbolt"

	"github.com/aisle-search/aisle/internal/boltfile"
	"github.com/aisle-search/aisle/orders/postgres"
	"github.com/aisle-search/aisle/search"
)

// eachChunk is how many signals Each and Roll hand over at once.
const eachChunk = 10_000

// Ledger is the store. Its methods may be called from several goroutines, and
// run one at a time where they write.
type Ledger struct {
	db    *bbolt.DB
	aside string
	now   func() time.Time

	mu  sync.Mutex // guards day and makes writers take turns
	day Day        // the day that signals were last evaluated for
}

// Open opens the ledger at path, or begins one. A damaged file is moved aside;
// Aside then names it.
func Open(path string, now func() time.Time) (*Ledger, error) {
	db, aside, err := boltfile.Open(path)
	if err != nil {
		return nil, err
	}
	l := &Ledger{db: db, aside: aside, now: now}
	l.day = l.today()
	if err := db.Update(l.prepare); err != nil {
		_ = db.Close() // the first error is the one that matters
		return nil, fmt.Errorf("prepare ledger: %w", err)
	}
	return l, nil
}

// Aside is where a damaged ledger was moved to when this one was opened.
func (l *Ledger) Aside() string { return l.aside }

// Close releases the file.
func (l *Ledger) Close() error { return l.db.Close() }

// Position is how far Postgres has been applied; false before the first
// snapshot.
func (l *Ledger) Position() (postgres.LSN, bool, error) {
	var lsn postgres.LSN
	var known bool
	err := l.db.View(func(tx *bbolt.Tx) error {
		lsn, known = position(tx)
		return nil
	})
	return lsn, known, err
}

// Day is the day that signals were last evaluated for.
func (l *Ledger) Day() Day {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.day
}

// Each hands over every product's signal, in chunks that the receiver may keep.
func (l *Ledger) Each(receive func([]search.Signal) error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.collect(receive, func(id string, s *sum) (search.Signal, bool) {
		return s.signal(id, l.day), true
	})
}

// Roll evaluates the windows anew if the UTC day has changed, and hands over
// the signals that differ.
func (l *Ledger) Roll(receive func([]search.Signal) error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	before, today := l.day, l.today()
	if before == today {
		return nil
	}
	err := l.collect(receive, func(id string, s *sum) (search.Signal, bool) {
		signal := s.signal(id, today)
		return signal, signal != s.signal(id, before)
	})
	if err == nil {
		l.day = today
	}
	return err
}

// Prune drops up to limit lines that no window reaches any more, and says
// whether there may be more.
func (l *Ledger) Prune(limit int) (more bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if due, err := l.pruneDue(); err != nil || !due {
		return false, err
	}
	err = l.db.Update(func(tx *bbolt.Tx) error {
		horizon, err := l.horizon(tx)
		if err != nil {
			return err
		}
		t, err := openTables(tx, currentEpoch(tx))
		if err != nil {
			return err
		}
		dropped, err := t.dropLines(horizon, limit)
		more = dropped == limit
		return err
	})
	return more, err
}

// pruneDue looks whether there is a line to drop, without writing anything.
func (l *Ledger) pruneDue() (due bool, err error) {
	err = l.db.View(func(tx *bbolt.Tx) error {
		t, err := openTables(tx, currentEpoch(tx))
		if err != nil {
			return err
		}
		key, _ := t.days.Cursor().First()
		due = key != nil && dayOfKey(key) <= l.today()-keptDays
		return nil
	})
	return due, err
}

// collect hands over, in chunks, what pick makes of every product's sum.
func (l *Ledger) collect(receive func([]search.Signal) error, pick func(string, *sum) (search.Signal, bool)) error {
	return l.db.View(func(tx *bbolt.Tx) error {
		t, err := openTables(tx, currentEpoch(tx))
		if err != nil {
			return err
		}
		var chunk []search.Signal
		err = t.sums.ForEach(func(id, value []byte) error {
			s, err := decodeSum(value)
			if err != nil {
				return err
			}
			signal, ok := pick(string(id), s)
			if !ok {
				return nil
			}
			chunk = append(chunk, signal)
			if len(chunk) < eachChunk {
				return nil
			}
			full := chunk
			chunk = nil
			return receive(full)
		})
		if err != nil || len(chunk) == 0 {
			return err
		}
		return receive(chunk)
	})
}

func (l *Ledger) today() Day { return DayOf(l.now()) }

// DayOf is the UTC day of an instant.
func DayOf(t time.Time) Day {
	seconds := t.Unix()
	day := seconds / 86400
	if seconds%86400 < 0 {
		day--
	}
	return Day(day)
}

// horizon is the last day that counts for nothing; it is moved on, never back.
func (l *Ledger) horizon(tx *bbolt.Tx) (Day, error) {
	want := l.today() - keptDays
	if stored, known := storedHorizon(tx); known && stored >= want {
		return stored, nil
	}
	b := binary.BigEndian.AppendUint32(nil, uint32(int32(want)))
	return want, tx.Bucket(metaBucket).Put(horizonKey, b)
}

func storedHorizon(tx *bbolt.Tx) (Day, bool) {
	if b := tx.Bucket(metaBucket).Get(horizonKey); len(b) == 4 {
		return Day(int32(binary.BigEndian.Uint32(b))), true
	}
	return 0, false
}
