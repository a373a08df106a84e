package indexer

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/aisle-search/aisle/catalog"
	"github.com/aisle-search/aisle/indexer/progress"
	"github.com/aisle-search/aisle/orders/postgres"
	"github.com/aisle-search/aisle/orders/replication"
	"github.com/aisle-search/aisle/search"
)

var errFault = errors.New("fault on purpose")

// deaf is a catalogue whose stream never says anything.
type deaf struct{ catalogSource }

func (d deaf) Stream(ctx context.Context, _ catalog.Position, _ func(catalog.Change) error) error {
	<-ctx.Done()
	return ctx.Err()
}

// flaky is a catalogue whose stream breaks after so many changes; 0 lets it be.
type flaky struct {
	catalogSource
	after *atomic.Int64
}

func (f flaky) Stream(ctx context.Context, from catalog.Position, receive func(catalog.Change) error) error {
	if f.after.Load() < 0 {
		return errFault
	}
	n := int64(0)
	return f.catalogSource.Stream(ctx, from, func(c catalog.Change) error {
		if after := f.after.Load(); after != 0 && n >= after {
			return errFault
		}
		if c.Op != catalog.OpTick {
			n++
		}
		return receive(c)
	})
}

// flakyOrders is the same for orders.
type flakyOrders struct {
	ordersSource
	after *atomic.Int64
}

func (f flakyOrders) Stream(ctx context.Context, from postgres.LSN, receive func(replication.Change) error) error {
	if f.after.Load() < 0 {
		return errFault
	}
	n := int64(0)
	return f.ordersSource.Stream(ctx, from, func(c replication.Change) error {
		if after := f.after.Load(); after != 0 && n >= after {
			return errFault
		}
		n++
		return receive(c)
	})
}

// Streams that break every few changes still bring everything.
func TestFlakyStreams(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.put("P0")
	after := new(atomic.Int64)
	after.Store(7)
	r.start(func(c *Config) {
		c.Catalog, c.Orders = flaky{c.Catalog, after}, flakyOrders{c.Orders, after}
	})
	for i := range 30 {
		id := fmt.Sprint("P", i%10)
		r.put(id, "price", i)
		r.stock(id, i)
		if i%5 == 4 {
			r.remove(id)
		}
	}
	r.settle()
}

// A source that cannot be reached is broken and says why, its lag grows, and it
// recovers by itself.
func TestUnreachable(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.put("P1")
	after := new(atomic.Int64)
	r.start(func(c *Config) {
		c.Catalog, c.Orders = flaky{c.Catalog, after}, flakyOrders{c.Orders, after}
	})
	r.settle()
	after.Store(-1)
	r.put("P2")
	r.stock("P2", 1)
	for _, name := range []string{progress.SourceCatalog, progress.SourceOrders} {
		r.p.x.loopOf(name).interrupt(t.Context())
		r.eventually(name+" is broken", func() string {
			if s := r.source(name); s.State != progress.StateBroken || s.Reason == "" || s.Lag < progress.Patience {
				return fmt.Sprintf("%+v", s)
			}
			return ""
		})
	}
	after.Store(0)
	for _, name := range []string{progress.SourceCatalog, progress.SourceOrders} {
		r.eventually(name+" is followed again", func() string {
			if s := r.source(name); s.State != progress.StateStreaming || s.Lag != 0 {
				return fmt.Sprintf("%+v", s)
			}
			return ""
		})
	}
}

func (x *Indexer) loopOf(source string) *loop {
	if source == progress.SourceCatalog {
		return x.catalogLoop
	}
	return x.ordersLoop
}

// interrupt ends the session of the moment.
func (l *loop) interrupt(ctx context.Context) {
	if resume, err := l.pause(ctx); err == nil {
		resume()
	}
}

// A stream that says nothing does not look like one that has nothing to say.
func TestStuckStream(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.put("P1")
	r.start()
	r.settle()
	r.kill()
	r.start(func(c *Config) { c.Catalog = deaf{c.Catalog} })
	r.put("P2")
	r.eventually("catalogue is behind", func() string {
		if s := r.source(progress.SourceCatalog); s.State != progress.StateCatchingUp || s.Lag < progress.Quiet {
			return fmt.Sprintf("%+v", s)
		}
		return ""
	})
	r.kill()
	r.start()
}

// brokenDisk is a set of generations that commit nothing while it is set.
type brokenDisk struct {
	generations
	broken *atomic.Bool
}

func (s brokenDisk) Serving() (generation, bool) {
	g, ok := s.generations.Serving()
	return brokenGeneration{g, s.broken}, ok
}

type brokenGeneration struct {
	generation
	broken *atomic.Bool
}

func (g brokenGeneration) Commit(ctx context.Context, b search.Batch) error {
	if g.broken.Load() {
		return errFault
	}
	return g.generation.Commit(ctx, b)
}

// A commit that fails moves no position: the source is broken, for its changes
// are not applied however well it is heard, and all come once commits succeed.
func TestCommitFails(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.put("P1")
	broken := new(atomic.Bool)
	r.start()
	r.settle()
	r.kill()
	r.start(func(c *Config) { c.wrap = func(g generations) generations { return brokenDisk{g, broken} } })
	r.settle()
	broken.Store(true)
	r.put("P2")
	r.remove("P1")
	r.eventually("catalogue is broken", func() string {
		if s := r.source(progress.SourceCatalog); s.State != progress.StateBroken || s.Lag < progress.Patience {
			return fmt.Sprintf("%+v", s)
		}
		return ""
	})
	if got := len(r.ids()); got != 1 {
		t.Errorf("products served: got %d, want 1", got)
	}
	broken.Store(false)
	r.settle()
}
