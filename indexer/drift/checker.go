package drift

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/aisle-search/aisle/catalog"
	"github.com/aisle-search/aisle/indexer/consistency"
	"github.com/aisle-search/aisle/indexer/ledger"
	"github.com/aisle-search/aisle/orders/replication"
	"github.com/aisle-search/aisle/search"
)

// Errors of comparing index and sources.
var (
	// ErrRunning: a comparison that somebody asked for is under way.
	ErrRunning = errors.New("indexer: a comparison is already running")

	errNotFollowing = errors.New("the index does not get to where its sources are; the status says why")
	errSuperseded   = errors.New("another comparison was asked for")
	errNotReady     = errors.New("indexer: no index serves yet")
)

// catalogSource is the catalogue as it is compared.
type catalogSource interface {
	// Snapshot hands over every document.
	Snapshot(ctx context.Context, receive func(catalog.Change) error) (catalog.Position, error)
	// Head is the server's present time.
	Head(ctx context.Context) (catalog.ClusterTime, error)
}

// documentReader reads one document as it is now.
type documentReader interface {
	// Get answers catalog.ErrNotFound when there is none.
	Get(ctx context.Context, id catalog.ProductID) (catalog.Document, error)
}

// ordersSource is orders and stock as they are compared.
type ordersSource interface {
	SlotStatus(ctx context.Context) (replication.SlotStatus, error)
	// Sums hands over what the rows add up to, by product; of all where none is
	// named.
	Sums(ctx context.Context, w replication.Windows, products []string, receive func(replication.Sum) error) error
}

// pipeline is what feeds the index.
type pipeline interface {
	// WaitFor waits until searches see all that is wanted, or ctx ends, and says which.
	WaitFor(ctx context.Context, want consistency.Token) (reached bool)
	// Reapply brings one product up to date with what the catalogue holds of it now.
	Reapply(ctx context.Context, id catalog.ProductID) error
	// Republish shows what the ledger holds of products.
	Republish(ctx context.Context, ids []string) error
	// RereadOrders takes a snapshot of all rows in place of what the ledger holds.
	RereadOrders(ctx context.Context) error
}

// Config says what is compared. All of it is needed but Every.
type Config struct {
	Store     *search.Store
	Schema    *catalog.Schema
	Catalog   catalogSource
	Documents documentReader
	Orders    ordersSource
	Ledger    *ledger.Ledger
	Pipeline  pipeline

	Now    func() time.Time
	Logger *slog.Logger
	// Every is how often a comparison is made by the clock; 0 is never.
	Every time.Duration
}

// Checker runs one comparison at a time: those asked for, and slow ones by the
// clock, which give way to the former.
type Checker struct {
	cfg   Config
	drift *prometheus.GaugeVec
	wake  chan struct{} // of one place

	mu     sync.Mutex    // guards what follows
	asked  *bool         // whether to repair; nil when nothing waits
	report *Report       // replaced, never changed
	ended  chan struct{} // closed when nothing runs or waits
	stop   context.CancelCauseFunc
}

// New makes a checker that has compared nothing. Run makes it work.
func New(cfg Config) *Checker {
	ended := make(chan struct{})
	close(ended)
	return &Checker{cfg: cfg, drift: newGauge(), wake: make(chan struct{}, 1), ended: ended}
}

// Gauge is how many products differ, by kind, as of the last comparison.
func (v *Checker) Gauge() *prometheus.GaugeVec { return v.drift }

// Ask asks for a comparison of the serving index with its sources and returns
// at once. With repair, what differs is applied again from the sources.
func (v *Checker) Ask(repair bool) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	running := v.report != nil && v.report.State == Running
	if v.asked != nil || running && !v.report.Background {
		return ErrRunning
	}
	if v.stop != nil {
		v.stop(errSuperseded)
	} else {
		v.ended = make(chan struct{})
	}
	v.asked = &repair
	v.report = &Report{State: Running, Repair: repair, StartedAt: v.cfg.Now()}
	select {
	case v.wake <- struct{}{}:
	default: // it is awake already
	}
	return nil
}

// Report is the running comparison, or the last; nil if there was none.
func (v *Checker) Report() *Report {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.report
}

// Await waits until no comparison runs or waits, or ctx ends, and says which.
func (v *Checker) Await(ctx context.Context) (ended bool) {
	v.mu.Lock()
	done := v.ended
	v.mu.Unlock()
	select {
	case <-done:
		return true
	case <-ctx.Done():
		return false
	}
}

// Run serves requests, and compares by itself every so often, until ctx
// ends.
func (v *Checker) Run(ctx context.Context) {
	var due <-chan time.Time // never, unless there is an interval
	if v.cfg.Every > 0 {
		ticker := time.NewTicker(v.cfg.Every)
		defer ticker.Stop()
		due = ticker.C
	}
	for {
		background := false
		select {
		case <-v.wake:
		case <-due:
			_, background = v.cfg.Store.Serving()
		case <-ctx.Done():
			return
		}
		if background {
			v.compare(ctx, true)
		}
		v.compare(ctx, false)
	}
}

// compare makes the comparison that was asked for, if any, or one by the clock,
// and says what came of it.
func (v *Checker) compare(ctx context.Context, background bool) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	repair, ok := v.begin(background, cancel)
	if !ok {
		return
	}
	c := newComparison(v, repair, background)
	err := c.run(ctx)
	if err != nil && errors.Is(context.Cause(ctx), errSuperseded) {
		err = errSuperseded
	}
	r := v.end(c.report, err)
	switch {
	case err != nil:
		v.cfg.Logger.Warn("comparison of index and sources ended early", "reason", err)
	case r.Remaining > 0:
		v.cfg.Logger.Warn("the index differs from its sources", "products", r.Remaining,
			"missing", r.left[Missing], "extra", r.left[Extra],
			"different", r.left[Different], "signal", r.left[Signal])
	default:
		v.cfg.Logger.Info("index and sources were compared", "products", r.Products, "repaired", r.Repaired)
	}
}

// begin takes over what was asked for. One by the clock gives way to it.
func (v *Checker) begin(background bool, stop context.CancelCauseFunc) (repair, ok bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if background == (v.asked != nil) {
		return false, false
	}
	if background {
		v.ended = make(chan struct{})
	} else {
		repair, v.asked = *v.asked, nil
	}
	v.stop = stop
	v.report = &Report{State: Running, Repair: repair, Background: background, StartedAt: v.cfg.Now()}
	return repair, true
}

func (v *Checker) publish(r Report) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.asked == nil { // else the report is that of the next
		r.State = Running
		v.report = &r
	}
}

func (v *Checker) end(r Report, err error) Report {
	v.mu.Lock()
	defer v.mu.Unlock()
	r.State, r.EndedAt = Done, v.cfg.Now()
	if err != nil {
		r.State, r.Error = Failed, err.Error()
	} else {
		for _, kind := range Kinds() {
			v.drift.WithLabelValues(string(kind)).Set(float64(r.left[kind]))
		}
	}
	v.stop = nil
	if v.asked == nil { // else the report is that of the next
		v.report = &r
		close(v.ended)
	}
	return r
}
