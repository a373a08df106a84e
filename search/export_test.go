package search

import "github.com/aisle-search/aisle/search/snapshot"

// Tidy does at once what the background does every second.
func (s *Store) Tidy() error { return s.tidy() }

// Acquire is the current view; Release lets it go.
func (x *Index) Acquire() (*snapshot.View, error) { return x.acquire() }

// KeepAllHot makes every postings list worth keeping decoded, within so many bytes.
func (x *Index) KeepAllHot(bytes int64) {
	x.refreshMu.Lock()
	defer x.refreshMu.Unlock()
	x.generation.Hot.Fix(1, bytes)
}

// HotBytes are in use.
func (x *Index) HotBytes() int64 { return x.generation.Hot.Bytes() }

// Segments counts those of all partitions, as the current view has them.
func (x *Index) Segments() int {
	x.refreshMu.Lock() // a refresh that is under way ends first
	defer x.refreshMu.Unlock()
	v, err := x.acquire()
	if err != nil {
		return 0
	}
	defer v.Release()
	return len(v.Segments)
}
