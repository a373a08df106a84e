package cursor

import (
	"sync"
	"time"

	"github.com/aisle-search/aisle/search/snapshot"
)

// Bounds of the views kept for cursors. A view on which somebody pages is kept
// longer than one on which a first page was merely answered.
const (
	maxFreshPins  = 64
	maxWalkedPins = 64
	freshPinTTL   = 30 * time.Second // since it was answered from last
	walkedPinTTL  = 2 * time.Minute  // since it was paged on last
)

// Pins keeps views alive for the cursors that began on them.
type Pins struct {
	now func() time.Time

	mu     sync.Mutex // guards all below
	byView map[pinKey]*pin
}

type pinKey struct{ generation, view uint64 }

type pin struct {
	view   *snapshot.View
	used   time.Time
	walked bool
}

// NewPins keeps no view yet.
func NewPins(now func() time.Time) *Pins { return &Pins{now: now, byView: map[pinKey]*pin{}} }

func keyOf(v *snapshot.View) pinKey { return pinKey{v.Generation.Number, v.Sequence} }

// Keep notes that a cursor on v was given out; walked, that one was followed.
func (p *Pins) Keep(v *snapshot.View, walked bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	k := keyOf(v)
	held := p.byView[k]
	if held == nil {
		v.Retain()
		held = &pin{view: v}
		p.byView[k] = held
	}
	held.used = p.now()
	held.walked = held.walked || walked
	p.evictLocked(held.walked)
}

// Get finds the view of a cursor and retains it for the caller.
func (p *Pins) Get(generation, view uint64) (*snapshot.View, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	held := p.byView[pinKey{generation, view}]
	if held == nil {
		return nil, false
	}
	held.view.Retain()
	return held.view, true
}

// evictLocked lets the least recently used view of a class go when there are too
// many.
func (p *Pins) evictLocked(walked bool) {
	limit := maxFreshPins
	if walked {
		limit = maxWalkedPins
	}
	var oldest pinKey
	n := 0
	for k, held := range p.byView {
		if held.walked != walked {
			continue
		}
		n++
		if n == 1 || held.used.Before(p.byView[oldest].used) {
			oldest = k
		}
	}
	if n > limit {
		p.dropLocked(oldest)
	}
}

func (p *Pins) dropLocked(k pinKey) {
	p.byView[k].view.Release()
	delete(p.byView, k)
}

// Expire lets go of views that were not used for their time.
func (p *Pins) Expire() {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	for k, held := range p.byView {
		ttl := freshPinTTL
		if held.walked {
			ttl = walkedPinTTL
		}
		if now.Sub(held.used) > ttl {
			p.dropLocked(k)
		}
	}
}

// Holds tells whether a view of a generation is kept.
func (p *Pins) Holds(generation uint64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for k := range p.byView {
		if k.generation == generation {
			return true
		}
	}
	return false
}

// Clear lets go of all views.
func (p *Pins) Clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for k := range p.byView {
		p.dropLocked(k)
	}
}
