package historycheck

import (
	"sync"
	"time"
)

// Write is one write that was acknowledged. Times are since the history's start.
type Write struct {
	Writer  string
	Version int64 // counts the writer's writes from 1
	Product string
	Removed bool
	Invoked time.Duration
	// Completed is when the writer knew.
	Completed time.Duration
}

// Seen is what a reader saw of one product.
type Seen struct {
	Version int64
	Absent  bool
}

// Read is one answer, all of one view.
type Read struct {
	Reader string
	// Node is where it was asked, by process: another start is another node.
	Node               string
	Invoked, Completed time.Duration
	// Demands are the writers' versions that the reader's token covers.
	Demands map[string]int64
	// Echo: the token covers the reader's answer before, too.
	Echo bool
	// Stale: the answer says that it has not reached the token.
	Stale bool
	// Kept: the answer may be one kept from earlier, so it may be behind the node.
	Kept bool
	// Recovering: the node was started again and has not caught up yet. What it had
	// on disk need not be of one moment.
	Recovering bool
	Seen       map[string]Seen
}

// History is what happened. It may be recorded by many goroutines at once.
type History struct {
	mu      sync.Mutex // guards what follows
	writes  []Write
	reads   []Read
	retired map[string]time.Duration
	owners  map[string]string
}

// New makes an empty history.
func New() *History {
	return &History{retired: map[string]time.Duration{}, owners: map[string]string{}}
}

// Write records a write, when it is known. Each writer records its own in order.
func (h *History) Write(w Write) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.writes = append(h.writes, w)
	h.owners[w.Product] = w.Writer
}

// Read records an answer. Each reader records its own in order.
func (h *History) Read(r Read) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.reads = append(h.reads, r)
}

// Retire says that from a time on nothing is known of a product. It is not written
// any more.
func (h *History) Retire(product string, at time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, before := h.retired[product]; !before {
		h.retired[product] = at
	}
}

// Counts tells how much was recorded.
func (h *History) Counts() (writes, reads int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.writes), len(h.reads)
}
