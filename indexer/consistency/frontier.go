package consistency

import (
	"context"
	"sync"

	"github.com/aisle-search/aisle/catalog"
	"github.com/aisle-search/aisle/orders/postgres"
)

// Frontier is how far searches can see: the positions applied in memory, which
// are at or past the durable ones.
type Frontier struct {
	mu    sync.Mutex // guards what follows
	token Token
	moved chan struct{} // closed and replaced at each move
}

// NewFrontier makes one that has seen nothing.
func NewFrontier() *Frontier { return &Frontier{moved: make(chan struct{})} }

// Applied is what searches can see.
func (f *Frontier) Applied() Token {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.token
}

// AdvanceCatalog moves on; a position seen again moves nothing.
func (f *Frontier) AdvanceCatalog(t catalog.ClusterTime) {
	f.change(func(now *Token) {
		if t.Compare(now.Catalog()) > 0 {
			now.CatalogT, now.CatalogI = t.T, t.I
		}
	})
}

// ResetCatalog says what a generation that begins to serve has seen. A database
// that was restored to an earlier state may be behind what was seen before.
func (f *Frontier) ResetCatalog(t catalog.ClusterTime) {
	f.change(func(now *Token) { now.CatalogT, now.CatalogI = t.T, t.I })
}

// AdvanceOrders moves on; an earlier position moves nothing.
func (f *Frontier) AdvanceOrders(lsn postgres.LSN) {
	f.change(func(now *Token) { now.OrdersLSN = max(now.OrdersLSN, uint64(lsn)) })
}

// ResetOrders says what a snapshot of all rows has seen.
func (f *Frontier) ResetOrders(lsn postgres.LSN) {
	f.change(func(now *Token) { now.OrdersLSN = uint64(lsn) })
}

func (f *Frontier) change(change func(*Token)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	before := f.token
	if change(&f.token); f.token != before {
		close(f.moved)
		f.moved = make(chan struct{})
	}
}

// Wait returns true as soon as want is reached, false when ctx ends before.
func (f *Frontier) Wait(ctx context.Context, want Token) bool {
	for {
		f.mu.Lock()
		reached, moved := f.token.Reaches(want), f.moved
		f.mu.Unlock()
		if reached {
			return true
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return false
		}
	}
}
