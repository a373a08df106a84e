package rebuild

import (
	"context"
	"errors"
	"sync"
	"syscall"
	"time"

	"github.com/aisle-search/aisle/indexer/progress"
	"github.com/aisle-search/aisle/internal/retry"
	"github.com/aisle-search/aisle/search"
)

// Request is what somebody asked for by hand; what the pipeline needs is a plain
// reindex.
type Request struct {
	Kind  string // of a progress.Reindex
	Force bool   // swap whatever the judgments say
}

// emptyWait is how often a catalogue is looked at that holds nothing to rebuild
// from.
const emptyWait = time.Second

// refusedWait is how long a rebuild that did not pass a gate, or did not find room, is
// not tried again: it has read much of the catalogue.
const refusedWait = time.Minute

// errStopped: somebody stopped the rebuild.
var errStopped = errors.New("stopped")

// Queue runs one rebuild at a time: those asked for by hand once, those
// that the pipeline needs until one succeeds.
type Queue struct {
	now  func() time.Time
	wake chan struct{} // of one place

	mu     sync.Mutex        // guards what follows
	wanted string            // why the pipeline needs one; empty if it does not
	asked  *Request          // by hand, and not begun
	status *progress.Reindex // replaced, never changed
	stop   context.CancelCauseFunc
}

// NewQueue makes an empty one.
func NewQueue(now func() time.Time) *Queue {
	return &Queue{now: now, wake: make(chan struct{}, 1)}
}

// Want asks for a rebuild on the pipeline's behalf.
func (r *Queue) Want(why string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.wanted = why
	r.wakeLocked()
}

// Ask asks for one by hand.
func (r *Queue) Ask(want Request) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.asked != nil || r.runningLocked() {
		return ErrRunning
	}
	r.asked = &want
	r.beginLocked(want)
	r.wakeLocked()
	return nil
}

func (r *Queue) wakeLocked() {
	select {
	case r.wake <- struct{}{}:
	default: // it is awake already
	}
}

// Halt stops the running one. The pipeline asks for none until something new
// needs it.
func (r *Queue) Halt() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.runningLocked() {
		return ErrNotRunning
	}
	if r.stop != nil {
		r.stop(errStopped)
		return nil
	}
	r.asked = nil // it had not begun
	r.endLocked(errStopped)
	return nil
}

// Run serves requests until ctx ends.
func (r *Queue) Run(ctx context.Context, rebuild func(context.Context, Request) error, failed func(error)) {
	waits := retry.Waits()
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
			case errors.Is(err, ErrEmptySource):
				wait = emptyWait
			case errors.Is(err, ErrRefused), errors.Is(err, search.ErrNotDurable), errors.Is(err, syscall.ENOSPC):
				wait = refusedWait
			}
			r.rest(ctx, wait)
		}
	}
}

// rest waits before the next attempt, or until a new request.
func (r *Queue) rest(ctx context.Context, d time.Duration) {
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

func (r *Queue) due() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.asked != nil || r.wanted != ""
}

func (r *Queue) attempt(ctx context.Context, rebuild func(context.Context, Request) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	r.mu.Lock()
	want := Request{Kind: progress.KindReindex}
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
	if err == nil || errors.Is(err, errStopped) || errors.Is(err, ErrWorse) {
		r.wanted = ""
	}
	r.endLocked(err)
	return err
}

func (r *Queue) runningLocked() bool { return r.status != nil && r.status.State == progress.Running }

func (r *Queue) beginLocked(want Request) {
	r.status = &progress.Reindex{Kind: want.Kind, State: progress.Running, Phase: progress.PhaseSnapshot, StartedAt: r.now()}
}

func (r *Queue) endLocked(err error) {
	s := *r.status
	s.EndedAt, s.Left = r.now(), 0
	switch {
	case err == nil:
		s.State, s.Done = progress.Done, s.Total
	case errors.Is(err, errStopped):
		s.State, s.Error = progress.Stopped, "stopped by request"
	case errors.Is(err, ErrRefused):
		s.State, s.Error = progress.Refused, err.Error()
	default:
		s.State, s.Error = progress.Failed, err.Error()
	}
	r.status = &s
}

// Update changes the running one's status.
func (r *Queue) Update(change func(*progress.Reindex)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := *r.status
	change(&s)
	r.status = &s
}

// Current is the running rebuild, or the last; nil if there was none.
func (r *Queue) Current() *progress.Reindex {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.status
}
