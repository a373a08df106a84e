package rebuild

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

// Pace lets searches and changes of the serving generation go before a rebuild.
type Pace struct {
	// Now is the clock.
	Now func() time.Time
	// Load tells how many searches have begun and whether as many run as may.
	Load func() (begun uint64, full bool)
	// Pending tells whether changes wait to be applied to the serving generation.
	Pending func() bool
	// Sleep waits.
	Sleep func(time.Duration)
	// Waited counts the seconds that were stood back.
	Waited prometheus.Counter

	begun uint64 // searches, when the last batch began
}

// Next notes that a batch begins.
func (p *Pace) Next() { p.begun, _ = p.Load() }

// Yield stands back after a batch of n products that took so long: as long again, if
// anything was searched meanwhile, and for as long as searches take all there is or
// changes wait. All of it is bounded by floorRate.
func (p *Pace) Yield(ctx context.Context, n int, took time.Duration) error {
	began := p.Now()
	limit := time.Duration(n)*time.Second/floorRate - took
	for {
		waited := p.Now().Sub(began)
		begun, full := p.Load()
		if waited >= limit || !full && !p.Pending() && (begun == p.begun || waited >= took) {
			p.Waited.Add(waited.Seconds())
			return ctx.Err()
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		p.Sleep(min(yieldStep, limit-waited))
	}
}

// NewYieldCounter makes the metric of a Pace.
func NewYieldCounter() prometheus.Counter {
	return prometheus.NewCounter(prometheus.CounterOpts{
		Name: "aisle_rebuild_yield_seconds_total", Help: "Time that rebuilds stood back for searches and changes.",
	})
}
