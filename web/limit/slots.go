package limit

import (
	"context"
	"errors"
	"runtime"
	"time"
)

// Why a turn was not had.
var (
	// ErrFull: too many wait already.
	ErrFull = errors.New("limit: too many wait already")
	// ErrLate: the turn did not come in time.
	ErrLate = errors.New("limit: the turn did not come in time")
)

// Slots bounds the searches that run at once, and how many wait for their turn.
// More would only make each of them slower.
type Slots struct {
	running  chan struct{}
	waiting  chan struct{}
	patience time.Duration
}

// NewSlots lets so many run at once.
func NewSlots(running int) *Slots {
	return &Slots{
		running:  make(chan struct{}, running),
		waiting:  make(chan struct{}, 64*runtime.GOMAXPROCS(0)),
		patience: time.Second,
	}
}

// Take waits for a turn; the caller must call release. It fails when too many
// wait already or the turn does not come in time.
func (s *Slots) Take(ctx context.Context) (release func(), err error) {
	release = func() { <-s.running }
	select {
	case s.running <- struct{}{}:
		return release, nil
	default:
	}
	leave, ok := s.Queue()
	if !ok {
		return nil, ErrFull
	}
	defer leave()
	timer := time.NewTimer(s.patience)
	defer timer.Stop()
	select {
	case s.running <- struct{}{}:
		return release, nil
	case <-timer.C:
		return nil, ErrLate
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Queue takes a place among those that wait, for a turn or for the index.
func (s *Slots) Queue() (leave func(), ok bool) {
	select {
	case s.waiting <- struct{}{}:
		return func() { <-s.waiting }, true
	default:
		return nil, false
	}
}
