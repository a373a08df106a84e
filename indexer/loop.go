package indexer

import (
	"context"
	"time"

	"github.com/aisle-search/aisle/indexer/progress"
	"github.com/aisle-search/aisle/internal/retry"
)

// loop runs the sessions of one source for ever: a session ends when it fails,
// and another begins after a wait. Others may pause it.
type loop struct {
	progress *progress.Meter
	// session follows the source until it fails or ctx ends.
	session func(ctx context.Context) error
	// stays tells errors that only somebody's work can heal.
	stays  func(error) bool
	pauses chan *pause
}

// pause is a request to stop between sessions.
type pause struct{ paused, resume chan struct{} }

func newLoop(p *progress.Meter, session func(context.Context) error, stays func(error) bool) *loop {
	return &loop{progress: p, session: session, stays: stays, pauses: make(chan *pause)}
}

func (l *loop) run(ctx context.Context) {
	waits := retry.Waits()
	for ctx.Err() == nil {
		began := l.progress.Now()
		paused, err := l.one(ctx)
		if ctx.Err() != nil {
			return
		}
		if paused != nil {
			l.hold(ctx, paused)
			waits.Reset()
			continue
		}
		if l.progress.SoundAfter(began) {
			waits.Reset()
		}
		l.progress.Fail(err, l.stays(err))
		timer := time.NewTimer(waits.NextBackOff())
		select {
		case <-timer.C:
		case p := <-l.pauses:
			l.hold(ctx, p)
		case <-ctx.Done():
		}
		timer.Stop()
	}
}

// one runs a session to its end, or to a pause.
func (l *loop) one(ctx context.Context) (paused *pause, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- l.session(ctx) }()
	select {
	case err = <-done:
	case paused = <-l.pauses:
		cancel()
		err = <-done
	}
	l.progress.Cut()
	return paused, err
}

func (l *loop) hold(ctx context.Context, p *pause) {
	close(p.paused)
	select {
	case <-p.resume:
	case <-ctx.Done():
	}
}

// pause stops the loop between sessions until resume is called. It fails when
// ctx ends first.
func (l *loop) pause(ctx context.Context) (resume func(), err error) {
	p := &pause{paused: make(chan struct{}), resume: make(chan struct{})}
	select {
	case l.pauses <- p:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	select {
	case <-p.paused:
		return func() { close(p.resume) }, nil
	case <-ctx.Done():
		close(p.resume)
		return nil, ctx.Err()
	}
}
