package deadletter

import (
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.etcd.io/bbolt"

	"github.com/aisle-search/aisle/internal/boltfile"
)

// ErrNotFound: there is no such letter.
var ErrNotFound = errors.New("deadletter: no such letter")

// Bounds of the store.
const (
	DefaultCount = 10_000
	DefaultBytes = 32 << 20
)

var (
	lettersBucket = []byte("letters") // source NUL id to the letter
	orderBucket   = []byte("order")   // sequence number to that key
)

// Store keeps letters. Its methods may be called from several goroutines.
type Store struct {
	db         *bbolt.DB
	aside      string
	count      int
	bytes      int64
	mu         sync.RWMutex // guards what follows
	held       map[string]int64
	heldBytes  int64
	bySource   map[string]int
	oldest     map[string]time.Time // by source; nil: not known
	evictedAll int64
}

// Open opens the store at path, or begins one. A damaged file is moved aside.
func Open(path string, count int, bytes int64) (*Store, error) {
	db, aside, err := boltfile.Open(path)
	if err != nil {
		return nil, err
	}
	s := &Store{db: db, aside: aside, count: count, bytes: bytes, held: map[string]int64{}, bySource: map[string]int{}}
	err = db.Update(func(tx *bbolt.Tx) error {
		if _, err := tx.CreateBucketIfNotExists(orderBucket); err != nil {
			return err
		}
		letters, err := tx.CreateBucketIfNotExists(lettersBucket)
		if err != nil {
			return err
		}
		return letters.ForEach(func(key, value []byte) error {
			s.hold(string(key), int64(len(value)))
			return nil
		})
	})
	if err != nil {
		_ = db.Close() // the first error is the one that matters
		return nil, fmt.Errorf("prepare dead letters: %w", err)
	}
	return s, nil
}

// Aside is where a damaged store was moved to when this one was opened, else empty.
func (s *Store) Aside() string { return s.aside }

// Close releases the file.
func (s *Store) Close() error { return s.db.Close() }

// Put keeps letters. One that is held already gets the new reason, and counts
// one attempt more.
func (s *Store) Put(letters []Letter) error {
	if len(letters) == 0 {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.db.Update(func(tx *bbolt.Tx) error {
		for _, l := range letters {
			if err := s.put(tx, l); err != nil {
				return err
			}
		}
		return s.evict(tx)
	})
	if err != nil {
		return fmt.Errorf("keep %d dead letters: %w", len(letters), err)
	}
	return nil
}

func (s *Store) put(tx *bbolt.Tx, l Letter) error {
	b, order := tx.Bucket(lettersBucket), tx.Bucket(orderBucket)
	l.ID, l.Reason = shorten(l.ID, maxID), shorten(l.Reason, maxReason)
	l.Position = shorten(l.Position, maxID)
	key := letterKey(l.Source, l.ID)
	l.Attempts = max(l.Attempts, 1)
	if old, err := read(b, key); err == nil {
		l.Attempts += old.Attempts
		if l.Position == "" { // tried again, not changed again
			l.Position = old.Position
		}
		if err := order.Delete(seqKey(old.Seq)); err != nil {
			return err
		}
	}
	seq, err := order.NextSequence()
	if err != nil {
		return err
	}
	value, err := json.Marshal(stored{l, seq})
	if err != nil {
		return err
	}
	if err := order.Put(seqKey(seq), key); err != nil {
		return err
	}
	s.release(string(key))
	s.hold(string(key), int64(len(value)))
	return b.Put(key, value)
}

// evict removes the oldest letters until the rest is within bounds.
func (s *Store) evict(tx *bbolt.Tx) error {
	for len(s.held) > s.count || s.heldBytes > s.bytes {
		_, key := tx.Bucket(orderBucket).Cursor().First()
		if key == nil {
			return nil
		}
		if err := s.remove(tx, append([]byte(nil), key...)); err != nil {
			return err
		}
		s.evictedAll++
	}
	return nil
}

// Clear removes the letters of a source's ids, where there are any.
func (s *Store) Clear(source string, ids []string) error {
	var keys [][]byte
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.bySource[source] == 0 {
		return nil
	}
	for _, id := range ids {
		key := letterKey(source, shorten(id, maxID))
		if _, ok := s.held[string(key)]; ok {
			keys = append(keys, key)
		}
	}
	return s.removeAll(keys)
}

// Drop removes one letter, or says ErrNotFound.
func (s *Store) Drop(source, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := letterKey(source, shorten(id, maxID))
	if _, ok := s.held[string(key)]; !ok {
		return ErrNotFound
	}
	return s.removeAll([][]byte{key})
}

// Keep removes a source's letters but those of the ids.
func (s *Store) Keep(source string, ids []string) error {
	kept := make(map[string]bool, len(ids))
	for _, id := range ids {
		kept[string(letterKey(source, shorten(id, maxID)))] = true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var keys [][]byte
	for key := range s.held {
		if sourceOf(key) == source && !kept[key] {
			keys = append(keys, []byte(key))
		}
	}
	return s.removeAll(keys)
}

func (s *Store) removeAll(keys [][]byte) error {
	if len(keys) == 0 {
		return nil
	}
	err := s.db.Update(func(tx *bbolt.Tx) error {
		for _, key := range keys {
			if err := s.remove(tx, key); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("remove %d dead letters: %w", len(keys), err)
	}
	return nil
}

func (s *Store) remove(tx *bbolt.Tx, key []byte) error {
	b := tx.Bucket(lettersBucket)
	l, err := read(b, key)
	if err != nil {
		return err
	}
	if err := tx.Bucket(orderBucket).Delete(seqKey(l.Seq)); err != nil {
		return err
	}
	s.release(string(key))
	return b.Delete(key)
}

// Get gives one letter, or says ErrNotFound.
func (s *Store) Get(source, id string) (Letter, error) {
	var l stored
	err := s.db.View(func(tx *bbolt.Tx) (err error) {
		l, err = read(tx.Bucket(lettersBucket), letterKey(source, shorten(id, maxID)))
		return err
	})
	return l.Letter, err
}

// List gives up to limit letters of a source, or of all when it is empty, newest
// first, after skipping skip of them.
func (s *Store) List(source string, skip, limit int) ([]Letter, error) {
	var letters []Letter
	err := s.db.View(func(tx *bbolt.Tx) error {
		b, cursor := tx.Bucket(lettersBucket), tx.Bucket(orderBucket).Cursor()
		for _, key := cursor.Last(); key != nil && len(letters) < limit; _, key = cursor.Prev() {
			l, err := read(b, key)
			if err != nil {
				return err
			}
			if source != "" && l.Source != source {
				continue
			}
			if skip--; skip < 0 {
				letters = append(letters, l.Letter)
			}
		}
		return nil
	})
	return letters, err
}

// Count is the number of a source's letters.
func (s *Store) Count(source string) int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.bySource[source]
}

// Oldest is when a source's oldest letter was kept, zero when there is none.
func (s *Store) Oldest(source string) (time.Time, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.oldest == nil {
		oldest, err := s.readOldest()
		if err != nil {
			return time.Time{}, fmt.Errorf("find the oldest dead letter: %w", err)
		}
		s.oldest = oldest
	}
	return s.oldest[source], nil
}

func (s *Store) readOldest() (map[string]time.Time, error) {
	oldest := map[string]time.Time{}
	err := s.db.View(func(tx *bbolt.Tx) error {
		return tx.Bucket(lettersBucket).ForEach(func(_, value []byte) error {
			var l stored
			if err := json.Unmarshal(value, &l); err != nil {
				return err
			}
			if at, ok := oldest[l.Source]; !ok || l.At.Before(at) {
				oldest[l.Source] = l.At
			}
			return nil
		})
	})
	return oldest, err
}

// Evicted is the number of letters that made room since the store was opened.
func (s *Store) Evicted() int64 {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.evictedAll
}

func (s *Store) hold(key string, bytes int64) {
	s.held[key] = bytes
	s.heldBytes += bytes
	s.bySource[sourceOf(key)]++
	s.oldest = nil
}

func (s *Store) release(key string) {
	if bytes, ok := s.held[key]; ok {
		delete(s.held, key)
		s.heldBytes -= bytes
		s.bySource[sourceOf(key)]--
		s.oldest = nil
	}
}
