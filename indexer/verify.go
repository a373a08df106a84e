package indexer

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Errors of comparing index and sources.
var (
	// ErrVerifyRunning: a comparison that somebody asked for is under way.
	ErrVerifyRunning = errors.New("indexer: a comparison is already running")

	errNotFollowing = errors.New("the index does not get to where its sources are; the status says why")
	errSuperseded   = errors.New("another comparison was asked for")
)

// verifier runs one comparison at a time: those asked for, and slow ones by the
// clock, which give way to the former.
type verifier struct {
	now   func() time.Time
	drift *prometheus.GaugeVec
	wake  chan struct{} // of one place

	mu     sync.Mutex    // guards what follows
	asked  *bool         // whether to repair; nil when nothing waits
	report *VerifyReport // replaced, never changed
	ended  chan struct{} // closed when nothing runs or waits
	stop   context.CancelCauseFunc
}

func newVerifier(now func() time.Time) *verifier {
	ended := make(chan struct{})
	close(ended)
	return &verifier{now: now, drift: newDriftGauge(), wake: make(chan struct{}, 1), ended: ended}
}

// Verify asks for a comparison of the serving index with its sources and returns
// at once. With repair, what differs is applied again from the sources.
func (x *Indexer) Verify(repair bool) error {
	v := x.verifier
	v.mu.Lock()
	defer v.mu.Unlock()
	running := v.report != nil && v.report.State == verifyRunning
	if v.asked != nil || running && !v.report.Background {
		return ErrVerifyRunning
	}
	if _, ok := x.store.Serving(); !ok {
		return ErrNotReady
	}
	if v.stop != nil {
		v.stop(errSuperseded)
	} else {
		v.ended = make(chan struct{})
	}
	v.asked = &repair
	v.report = &VerifyReport{State: verifyRunning, Repair: repair, StartedAt: v.now()}
	select {
	case v.wake <- struct{}{}:
	default: // it is awake already
	}
	return nil
}

// VerifyReport is the running comparison, or the last; nil if there was none.
func (x *Indexer) VerifyReport() *VerifyReport {
	x.verifier.mu.Lock()
	defer x.verifier.mu.Unlock()
	return x.verifier.report
}

// AwaitVerify waits until no comparison runs or waits, or ctx ends, and says
// which.
func (x *Indexer) AwaitVerify(ctx context.Context) (ended bool) {
	x.verifier.mu.Lock()
	done := x.verifier.ended
	x.verifier.mu.Unlock()
	select {
	case <-done:
		return true
	case <-ctx.Done():
		return false
	}
}

// runVerifier serves requests, and compares by itself every so often, until ctx
// ends.
func (x *Indexer) runVerifier(ctx context.Context) {
	var due <-chan time.Time // never, unless there is an interval
	if x.cfg.VerifyEvery > 0 {
		ticker := time.NewTicker(x.cfg.VerifyEvery)
		defer ticker.Stop()
		due = ticker.C
	}
	for {
		background := false
		select {
		case <-x.verifier.wake:
		case <-due:
			_, background = x.store.Serving()
		case <-ctx.Done():
			return
		}
		if background {
			x.compare(ctx, true)
		}
		x.compare(ctx, false)
	}
}

// compare makes the comparison that was asked for, if any, or one by the clock,
// and says what came of it.
func (x *Indexer) compare(ctx context.Context, background bool) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	repair, ok := x.verifier.begin(background, cancel)
	if !ok {
		return
	}
	c := newComparison(x, repair, background)
	err := c.run(ctx)
	if err != nil && errors.Is(context.Cause(ctx), errSuperseded) {
		err = errSuperseded
	}
	r := x.verifier.end(c.report, err)
	switch {
	case err != nil:
		x.cfg.Logger.Warn("comparison of index and sources ended early", "reason", err)
	case r.Remaining > 0:
		x.cfg.Logger.Warn("the index differs from its sources", "products", r.Remaining,
			"missing", r.left[DriftMissing], "extra", r.left[DriftExtra],
			"different", r.left[DriftDifferent], "signal", r.left[DriftSignal])
	default:
		x.cfg.Logger.Info("index and sources were compared", "products", r.Products, "repaired", r.Repaired)
	}
}

// begin takes over what was asked for. One by the clock gives way to it.
func (v *verifier) begin(background bool, stop context.CancelCauseFunc) (repair, ok bool) {
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
	v.report = &VerifyReport{State: verifyRunning, Repair: repair, Background: background, StartedAt: v.now()}
	return repair, true
}

func (v *verifier) publish(r VerifyReport) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.asked == nil { // else the report is that of the next
		r.State = verifyRunning
		v.report = &r
	}
}

func (v *verifier) end(r VerifyReport, err error) VerifyReport {
	v.mu.Lock()
	defer v.mu.Unlock()
	r.State, r.EndedAt = verifyDone, v.now()
	if err != nil {
		r.State, r.Error = verifyFailed, err.Error()
	} else {
		for _, kind := range DriftKinds() {
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
