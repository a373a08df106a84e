package indexer

import (
	"context"
	"errors"
	"sync"
	"syscall"
	"time"

	"github.com/aisle-search/aisle/search"
)

// States and phases of a ReindexStatus.
const (
	reindexRunning = "running"
	reindexDone    = "done"
	reindexFailed  = "failed"
	reindexStopped = "stopped"
	reindexRefused = "refused"

	phaseSnapshot = "snapshot"
	phaseCompact  = "compacting"
	phaseCatchUp  = "catching-up"
	phaseSwap     = "swap"
)

// Kinds of a request.
const (
	kindReindex  = "reindex"
	kindRollback = "rollback"
)

// request is what somebody asked for by hand; what the pipeline needs is a plain
// reindex.
type request struct {
	kind  string
	force bool // swap whatever the judgments say
}

// emptyWait is how often a catalogue is looked at that holds nothing to rebuild
// from.
const emptyWait = time.Second

// refusedWait is how long a rebuild that did not pass a gate, or did not find room, is
// not tried again: it has read much of the catalogue.
const refusedWait = time.Minute

// errStopped: somebody stopped the rebuild.
var errStopped = errors.New("stopped")

// rebuilder runs one rebuild at a time: those asked for by hand once, those
// that the pipeline needs until one succeeds.
type rebuilder struct {
	now  func() time.Time
	wake chan struct{} // of one place

	mu     sync.Mutex     // guards what follows
	wanted string         // why the pipeline needs one; empty if it does not
	asked  *request       // by hand, and not begun
	status *ReindexStatus // replaced, never changed
	stop   context.CancelCauseFunc
}

func newRebuilder(now func() time.Time) *rebuilder {
	return &rebuilder{now: now, wake: make(chan struct{}, 1)}
}

// want asks for a rebuild on the pipeline's behalf.
func (r *rebuilder) want(why string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.wanted = why
	r.wakeLocked()
}

// ask asks for one by hand.
func (r *rebuilder) ask(want request) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.asked != nil || r.runningLocked() {
		return ErrReindexRunning
	}
	r.asked = &want
	r.beginLocked(want)
	r.wakeLocked()
	return nil
}

func (r *rebuilder) wakeLocked() {
	select {
	case r.wake <- struct{}{}:
	default: // it is awake already
	}
}

// halt stops the running one. The pipeline asks for none until something new
// needs it.
func (r *rebuilder) halt() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.runningLocked() {
		return ErrReindexNotRunning
	}
	if r.stop != nil {
		r.stop(errStopped)
		return nil
	}
	r.asked = nil // it had not begun
	r.endLocked(errStopped)
	return nil
}

// run serves requests until ctx ends.
func (r *rebuilder) run(ctx context.Context, rebuild func(context.Context, request) error, failed func(error)) {
	waits := newBackoff()
	for {
		select {
		case <-r.wake:
		case <-ctx.Done():
			return
		}
		for r.due() && ctx.Err() == nil {
			err := r.attempt(ctx, rebuild)
			if err == nil || ctx.Err() != nil {
				waits.Reset()
				continue
			}
			failed(err)
			wait := waits.NextBackOff()
			switch {
			case errors.Is(err, errEmptySource):
				wait = emptyWait
			case errors.Is(err, errRefused), errors.Is(err, search.ErrNotDurable), errors.Is(err, syscall.ENOSPC):
				wait = refusedWait
			}
			r.rest(ctx, wait)
		}
	}
}

// rest waits before the next attempt, or until a new request.
func (r *rebuilder) rest(ctx context.Context, d time.Duration) {
	if !r.due() {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.wake:
	case <-ctx.Done():
	}
}

func (r *rebuilder) due() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.asked != nil || r.wanted != ""
}

func (r *rebuilder) attempt(ctx context.Context, rebuild func(context.Context, request) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	r.mu.Lock()
	want := request{kind: kindReindex}
	if r.asked != nil {
		want = *r.asked
	}
	r.asked = nil
	if !r.runningLocked() {
		r.beginLocked(want)
	}
	r.stop = cancel
	r.mu.Unlock()

	err := rebuild(ctx, want)

	r.mu.Lock()
	defer r.mu.Unlock()
	r.stop = nil
	if err != nil && errors.Is(context.Cause(ctx), errStopped) {
		err = errStopped
	}
	if err == nil || errors.Is(err, errStopped) || errors.Is(err, errWorse) {
		r.wanted = ""
	}
	r.endLocked(err)
	return err
}

func (r *rebuilder) runningLocked() bool { return r.status != nil && r.status.State == reindexRunning }

func (r *rebuilder) beginLocked(want request) {
	r.status = &ReindexStatus{Kind: want.kind, State: reindexRunning, Phase: phaseSnapshot, StartedAt: r.now()}
}

func (r *rebuilder) endLocked(err error) {
	s := *r.status
	s.EndedAt, s.Left = r.now(), 0
	switch {
	case err == nil:
		s.State, s.Done = reindexDone, s.Total
	case errors.Is(err, errStopped):
		s.State, s.Error = reindexStopped, "stopped by request"
	case errors.Is(err, errRefused):
		s.State, s.Error = reindexRefused, err.Error()
	default:
		s.State, s.Error = reindexFailed, err.Error()
	}
	r.status = &s
}

// update changes the running one's status.
func (r *rebuilder) update(change func(*ReindexStatus)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := *r.status
	change(&s)
	r.status = &s
}

// current is the running rebuild, or the last; nil if there was none.
func (r *rebuilder) current() *ReindexStatus {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.status
}
