package search

// Tidy does at once what the background does every second.
func (s *Store) Tidy() error { return s.tidy() }

// Acquire is the current view; Release lets it go.
func (x *Index) Acquire() (*View, error) { return x.acquire() }

// Release undoes Acquire.
func (v *View) Release() { v.release() }
