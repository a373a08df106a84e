package indexer

import (
	"context"
	"sync"

	"github.com/aisle-search/aisle/catalog"
	"github.com/aisle-search/aisle/orders"
)

// frontier is how far searches can see: the positions applied in memory, which
// are at or past the durable ones.
type frontier struct {
	mu    sync.Mutex // guards what follows
	token Token
	moved chan struct{} // closed and replaced at each move
}

func newFrontier() *frontier { return &frontier{moved: make(chan struct{})} }

func (f *frontier) applied() Token {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.token
}

// advanceCatalog moves on; a position seen again moves nothing.
func (f *frontier) advanceCatalog(t catalog.ClusterTime) {
	f.change(func(now *Token) {
		if t.Compare(now.catalog()) > 0 {
			now.CatalogT, now.CatalogI = t.T, t.I
		}
	})
}

// resetCatalog says what a generation that begins to serve has seen. A database
// that was restored to an earlier state may be behind what was seen before.
func (f *frontier) resetCatalog(t catalog.ClusterTime) {
	f.change(func(now *Token) { now.CatalogT, now.CatalogI = t.T, t.I })
}

func (f *frontier) advanceOrders(lsn orders.LSN) {
	f.change(func(now *Token) { now.OrdersLSN = max(now.OrdersLSN, uint64(lsn)) })
}

func (f *frontier) resetOrders(lsn orders.LSN) {
	f.change(func(now *Token) { now.OrdersLSN = uint64(lsn) })
}

func (f *frontier) change(change func(*Token)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	before := f.token
	if change(&f.token); f.token != before {
		close(f.moved)
		f.moved = make(chan struct{})
	}
}

// wait returns true as soon as want is reached, false when ctx ends before.
func (f *frontier) wait(ctx context.Context, want Token) bool {
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
