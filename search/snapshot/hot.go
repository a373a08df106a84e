package snapshot

import (
	"sync"
	"sync/atomic"

	"github.com/aisle-search/aisle/search/rank"
)

// HotList is the decoded postings of a term in a segment: Bleve's are read value by
// value through two interfaces, 30 times as slow as an array.
type HotList struct {
	Docs   []uint32  // in order, deleted ones too
	Weight []float64 // weighted frequencies by norms
	norms  *rank.Norms
	used   atomic.Bool // since the last time that room was made
}

// hotOverhead is about what a list takes beside its arrays.
const hotOverhead = 256

// NewHotList makes the list of a term that these documents hold, without weights.
func NewHotList(docs []uint32, n *rank.Norms) *HotList {
	return &HotList{Docs: docs, Weight: make([]float64, len(docs)), norms: n}
}

func (l *HotList) bytes() int64 { return int64(12*len(l.Docs)) + hotOverhead }

// HotLists keeps the lists of a segment that queries ask for again and again.
type HotLists struct {
	mu     sync.RWMutex // guards all below
	byTerm map[string]*HotList
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

// HotRoom is the room for all hot lists of a generation.
type HotRoom struct {
	limit atomic.Int64
	used  atomic.Int64
	least uint64     // documents of a list worth keeping
	fixed int64      // limit set by a test
	mu    sync.Mutex // one at a time makes room
}

// fit sets the limit for so many products.
func (r *HotRoom) fit(products int) {
	r.limit.Store(max(minHotBytes, hotBytesEach*int64(products)))
	if r.fixed > 0 {
		r.limit.Store(r.fixed)
	}
}

// Fix keeps lists of least documents or more within a limit, whatever the number of
// products: so tests reach both. Nothing else uses the generation meanwhile.
func (r *HotRoom) Fix(least uint64, limit int64) {
	r.least, r.fixed = least, limit
	r.limit.Store(limit)
}

// Bytes are in use.
func (r *HotRoom) Bytes() int64 { return r.used.Load() }

// Worth tells whether a list of so many documents is worth keeping decoded.
func (r *HotRoom) Worth(documents uint64) bool {
	return documents >= r.least && documents <= maxHotDocuments
}

// Get finds a term's list, made with the same norms.
func (h *HotLists) Get(term string, n *rank.Norms) *HotList {
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

// Wanted notes that a term was asked for, and tells whether it was before.
func (h *HotLists) Wanted(term string) bool {
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

// Keep stores a list if there is room, or can be made among the segments.
func (h *HotLists) Keep(term string, l *HotList, room *HotRoom, segments []*Segment) {
	if room.used.Load()+l.bytes() > room.limit.Load() && !room.make(l.bytes(), segments) {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.gone {
		return
	}
	if h.byTerm == nil {
		h.byTerm = map[string]*HotList{}
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
func (h *HotLists) drop(room *HotRoom) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, l := range h.byTerm {
		room.used.Add(-l.bytes())
	}
	h.gone, h.byTerm, h.asked = true, nil, nil
}

// make makes room by dropping lists that nobody used since it did so last. While it
// is at it, it makes an eighth of all.
func (r *HotRoom) make(need int64, segments []*Segment) bool {
	if need > r.limit.Load()/8 || !r.mu.TryLock() {
		return false
	}
	defer r.mu.Unlock()
	want := r.limit.Load() - max(need, r.limit.Load()/8)
	for _, s := range segments {
		s.Columns.Hot.evict(r, want)
	}
	return r.used.Load()+need <= r.limit.Load()
}

// evict drops lists that were not used until no more than want is in use.
func (h *HotLists) evict(room *HotRoom, want int64) {
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
