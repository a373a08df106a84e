package search

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aisle-search/aisle/search/analysis"
	"github.com/aisle-search/aisle/search/cursor"
	"github.com/aisle-search/aisle/search/display"
	"github.com/aisle-search/aisle/search/folder"
	"github.com/aisle-search/aisle/search/rank"
	"github.com/aisle-search/aisle/search/scratch"
	"github.com/aisle-search/aisle/search/signal"
)

// Options configures a Store. DefaultOptions fills what a caller leaves zero.
type Options struct {
	Partitions int // of new generations; 0 means one for each core, at most 8
	Analysis   analysis.Options
	Profiles   map[string]Profile // added to the built-in ones
	// Schema is the schema of this program. A generation of the same hash takes
	// its weights from it: weights may change without a rebuild. Nil keeps those
	// that the generation was built with.
	Schema *Schema
	// CursorKey seals cursors; 32 bytes. Nodes that share it continue each
	// other's cursors. Nil makes one and keeps it in the data folder.
	CursorKey []byte
	Now       func() time.Time
	// KeepPrevious is how long the generation that served before is kept on disk, to
	// be rolled back to: 0 means until another takes its place, less means not at all.
	KeepPrevious time.Duration
	// OnError is told of errors in background work; nil ignores them.
	OnError func(error)
}

// Store is the set of generations in a data folder. One process opens it at a
// time.
type Store struct {
	dir      string
	options  Options
	lock     *folder.Lock
	signals  *signal.Table
	profiles map[string]Profile
	sealer   *cursor.Sealer
	pins     *cursor.Pins
	scratch  scratch.Pool
	displays display.Cache
	slots    chan struct{} // one for each search in flight
	begun    atomic.Uint64 // searches
	boot     uint64        // tells this process' views from another's

	mu       sync.RWMutex // guards all below, down to the next blank line
	serving  *Index
	building *Index
	retired  []*Index
	reopened bool   // building is a generation that served before
	previous uint64 // the one that served before, closed and on disk; 0: none
	refused  uint64 // the one that was last refused, likewise
	aside    string // why a generation was set aside at start; empty: none was

	stop chan struct{}
	done chan struct{}

	once     sync.Once // guards closeErr
	closeErr error
}

// OpenStore opens the data folder, creating it when missing, and the generation
// that serves, if there is one. It fails with a *LockedError when another
// process holds the folder.
func OpenStore(dir string, o Options) (*Store, error) {
	if o.Partitions == 0 {
		o.Partitions = min(8, runtime.GOMAXPROCS(0))
	}
	if o.Partitions < 1 || o.Partitions > 256 {
		return nil, fmt.Errorf("partitions: %d is not in 1..256", o.Partitions)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	profiles, err := rank.Profiles(o.Profiles)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Join(dir, "generations"), 0o755); err != nil {
		return nil, fmt.Errorf("create data folder: %w", err)
	}
	lock, err := folder.Acquire(dir)
	if err != nil {
		return nil, err
	}
	for _, d := range []string{dir, filepath.Join(dir, "generations")} {
		if err := folder.Writable(d); err != nil {
			return nil, errors.Join(err, lock.Release())
		}
	}
	s := &Store{dir: dir, options: o, lock: lock, signals: signal.NewTable(), profiles: profiles,
		pins: cursor.NewPins(o.Now), slots: make(chan struct{}, max(2, runtime.GOMAXPROCS(0))), boot: rand.Uint64(), stop: make(chan struct{}), done: make(chan struct{})}
	if err := s.open(); err != nil {
		return nil, errors.Join(err, lock.Release())
	}
	go s.run()
	return s, nil
}

func (s *Store) open() (err error) {
	if s.sealer, err = cursor.Open(s.dir, s.options.CursorKey); err != nil {
		return err
	}
	return s.openGenerations()
}

// Close waits for background work and releases the folder. Closing again does
// nothing.
func (s *Store) Close() error {
	s.once.Do(func() { s.closeErr = s.close() })
	return s.closeErr
}

func (s *Store) close() error {
	close(s.stop)
	<-s.done
	s.pins.Clear()
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for _, x := range append([]*Index{s.serving, s.building}, s.retired...) {
		if x != nil {
			errs = append(errs, x.Close())
		}
	}
	s.serving, s.building, s.retired = nil, nil, nil
	return errors.Join(append(errs, s.lock.Release())...)
}

// Serving is the generation that answers searches.
func (s *Store) Serving() (*Index, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.serving, s.serving != nil
}

// NeedsRebuild says why the serving generation does not fit the schema or this
// program's settings; empty when it does.
func (s *Store) NeedsRebuild(schema Schema) string {
	x, ok := s.Serving()
	switch {
	case !ok:
		return "no generation serves"
	case x.manifest.Schema.Hash != schema.Hash:
		return "the schema has changed"
	case x.manifest.Analysis != x.generation.Analyzer.Version():
		return "the text analysis has changed"
	case x.manifest.Partitions != s.options.Partitions:
		return fmt.Sprintf("the number of partitions changes from %d to %d", x.manifest.Partitions, s.options.Partitions)
	}
	return ""
}

// Load tells how busy searches keep the store: how many have begun since it was
// opened, and whether as many run now as may at once.
func (s *Store) Load() (begun uint64, full bool) {
	return s.begun.Load(), len(s.slots) == cap(s.slots)
}

// SetSignals replaces the signals of the products named and notes the position
// of the orders that they stand for. Searches see them when it returns.
func (s *Store) SetSignals(signals []Signal, position []byte) {
	s.signals.Set(func(yield func(string, signal.Value) bool) {
		for _, one := range signals {
			if !yield(one.ID, signal.NewValue(one.Stock, one.Sold7, one.Sold30, one.Tracked)) {
				return
			}
		}
	}, position)
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, x := range []*Index{s.serving, s.building} {
		if x != nil {
			x.refreshSignals()
		}
	}
}

// DeriveKey gives a key of 32 bytes for another purpose from the one that seals
// cursors, so that nodes which share that one share this, too.
func (s *Store) DeriveKey(purpose string) ([]byte, error) {
	return s.sealer.Derive(purpose)
}

// run picks up merges, lets cursors' views go and closes retired generations.
func (s *Store) run() {
	defer close(s.done)
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-s.stop:
			return
		case <-tick.C:
			if err := s.tidy(); err != nil && s.options.OnError != nil {
				s.options.OnError(err)
			}
		}
	}
}

func (s *Store) tidy() error {
	s.pins.Expire()
	s.mu.Lock()
	serving := s.serving // one that is being built shows its merges when it is compact
	errs := []error{s.forgetPreviousLocked()}
	errs = append(errs, s.closeRetiredLocked()...)
	s.mu.Unlock()
	if serving == nil {
		return errors.Join(errs...)
	}
	if err := serving.Refresh(); err != nil && !errors.Is(err, ErrClosed) {
		errs = append(errs, fmt.Errorf("refresh generation %d: %w", serving.Generation(), err))
	}
	if err := serving.warmAttributes(); err != nil && !errors.Is(err, ErrClosed) {
		errs = append(errs, fmt.Errorf("warm generation %d: %w", serving.Generation(), err))
	}
	return errors.Join(errs...)
}
