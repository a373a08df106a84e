package indexer

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

const (
	// floorRate is how many products a second a rebuild reads at least, however busy
	// searches and changes are, so that it ends.
	floorRate = 250
	// yieldStep is how long it stands back before it looks again.
	yieldStep = 10 * time.Millisecond
)

// pace lets searches and changes of the serving generation go before a rebuild.
type pace struct {
	now func() time.Time
	// load tells how many searches have begun and whether as many run as may.
	load func() (begun uint64, full bool)
	// pending tells whether changes wait to be applied to the serving generation.
	pending func() bool
	sleep   func(time.Duration)
	waited  prometheus.Counter // seconds

	begun uint64 // searches, when the last batch began
}

// next notes that a batch begins.
func (p *pace) next() { p.begun, _ = p.load() }

// yield stands back after a batch of n products that took so long: as long again, if
// anything was searched meanwhile, and for as long as searches take all there is or
// changes wait. All of it is bounded by floorRate.
func (p *pace) yield(ctx context.Context, n int, took time.Duration) error {
	began := p.now()
	limit := time.Duration(n)*time.Second/floorRate - took
	for {
		waited := p.now().Sub(began)
		begun, full := p.load()
		if waited >= limit || !full && !p.pending() && (begun == p.begun || waited >= took) {
			p.waited.Add(waited.Seconds())
			return ctx.Err()
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		p.sleep(min(yieldStep, limit-waited))
	}
}

func newYieldCounter() prometheus.Counter {
	return prometheus.NewCounter(prometheus.CounterOpts{
		Name: "aisle_rebuild_yield_seconds_total", Help: "Time that rebuilds stood back for searches and changes.",
	})
}

func (x *Indexer) newPace() *pace {
	return &pace{
		now: x.cfg.Now, load: x.store.Load, sleep: time.Sleep, waited: x.yields,
		pending: func() bool { return x.catalog.waiting() || x.orders.waiting() },
	}
}
