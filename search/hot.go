package search

import (
	"sync"
	"sync/atomic"

	"github.com/aisle-search/aisle/search/rank"
)

// hotList is the decoded postings of a term in a segment: Bleve's are read value by
// value through two interfaces, 30 times as slow as an array.
type hotList struct {
	docs   []uint32  // deleted ones too
	weight []float64 // weighted frequencies by norms
	norms  *rank.Norms
	used   atomic.Bool // since the last time that room was made
}

// hotOverhead is about what a list takes beside its arrays.
const hotOverhead = 256

func (l *hotList) bytes() int64 { return int64(12*len(l.docs)) + hotOverhead }

// hotLists keeps the lists of a segment that queries ask for again and again.
type hotLists struct {
	mu     sync.RWMutex // guards all below
	byTerm map[string]*hotList
	asked  map[string]struct{} // terms asked for once
	gone   bool                // the segment is: nothing more is kept
}

// Bounds of hot lists.
const (
	minHotDocuments = 64      // shorter lists are read fast enough
	maxHotDocuments = 1 << 20 // in one list
	maxAskedTerms   = 1 << 10 // remembered for each segment
	minHotBytes     = 64 << 20
	hotBytesEach    = 96 // for each product
)

// hotRoom is the room for all hot lists of a generation.
type hotRoom struct {
	limit atomic.Int64
	used  atomic.Int64
	least uint64     // documents of a list worth keeping
	fixed int64      // limit set by a test
	mu    sync.Mutex // one at a time makes room
}

// fit sets the limit for so many products.
func (r *hotRoom) fit(products int) {
	r.limit.Store(max(minHotBytes, hotBytesEach*int64(products)))
	if r.fixed > 0 {
		r.limit.Store(r.fixed)
	}
}

// get finds a term's list, made with the same norms.
func (h *hotLists) get(term string, n *rank.Norms) *hotList {
	h.mu.RLock()
	l := h.byTerm[term]
	h.mu.RUnlock()
	if l == nil || l.norms != n {
		return nil
	}
	if !l.used.Load() { // most often it is: no need to write to a line that all cores read
		l.used.Store(true)
	}
	return l
}

// wanted notes that a term was asked for, and tells whether it was before.
func (h *hotLists) wanted(term string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.gone {
		return false
	}
	if h.byTerm[term] != nil { // made with other norms
		return true
	}
	if _, again := h.asked[term]; again {
		return true
	}
	if h.asked == nil || len(h.asked) >= maxAskedTerms {
		h.asked = map[string]struct{}{}
	}
	h.asked[term] = struct{}{}
	return false
}

// keep stores a list if there is room, or can be made among the segments.
func (h *hotLists) keep(term string, l *hotList, room *hotRoom, segments []*segmentView) {
	if room.used.Load()+l.bytes() > room.limit.Load() && !room.make(l.bytes(), segments) {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.gone {
		return
	}
	if h.byTerm == nil {
		h.byTerm = map[string]*hotList{}
	}
	if old := h.byTerm[term]; old != nil {
		room.used.Add(-old.bytes())
	}
	l.used.Store(true)
	h.byTerm[term] = l
	delete(h.asked, term)
	room.used.Add(l.bytes())
}

// drop gives back the room of a segment that has gone.
func (h *hotLists) drop(room *hotRoom) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, l := range h.byTerm {
		room.used.Add(-l.bytes())
	}
	h.gone, h.byTerm, h.asked = true, nil, nil
}

// make makes room by dropping lists that nobody used since it did so last. While it
// is at it, it makes an eighth of all.
func (r *hotRoom) make(need int64, segments []*segmentView) bool {
	if need > r.limit.Load()/8 || !r.mu.TryLock() {
		return false
	}
	defer r.mu.Unlock()
	want := r.limit.Load() - max(need, r.limit.Load()/8)
	for _, s := range segments {
		s.cols.hot.evict(r, want)
	}
	return r.used.Load()+need <= r.limit.Load()
}

// evict drops lists that were not used until no more than want is in use.
func (h *hotLists) evict(room *hotRoom, want int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for term, l := range h.byTerm {
		if l.used.Swap(false) || room.used.Load() <= want {
			continue
		}
		room.used.Add(-l.bytes())
		delete(h.byTerm, term)
	}
}
