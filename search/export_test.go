package search

// Tidy does at once what the background does every second.
func (s *Store) Tidy() error { return s.tidy() }

// Acquire is the current view; Release lets it go.
func (x *Index) Acquire() (*View, error) { return x.acquire() }

// Release undoes Acquire.
func (v *View) Release() { v.release() }

// KeepAllHot makes every postings list worth keeping decoded, within so many bytes.
func (x *Index) KeepAllHot(bytes int64) {
	x.refreshMu.Lock()
	defer x.refreshMu.Unlock()
	x.hot.least, x.hot.fixed = 1, bytes
	x.hot.limit.Store(bytes)
}

// HotBytes are in use.
func (x *Index) HotBytes() int64 { return x.hot.used.Load() }

// Segments counts those of all partitions, as the current view has them.
func (x *Index) Segments() (n int) {
	x.refreshMu.Lock()
	defer x.refreshMu.Unlock()
	for _, p := range x.parts {
		n += len(p.latest.segments)
	}
	return n
}
