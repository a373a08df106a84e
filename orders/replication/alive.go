package replication

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"
)

// whileAlive does what may rightly take long without a word, as creating a slot
// under a long transaction does. While nothing is heard, another connection asks
// whether the server still answers; if it does not, the work ends with ErrSilent.
func (s *Source) whileAlive(ctx context.Context, do func(ctx context.Context, heard func()) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	var last atomic.Int64
	heard := func() { last.Store(s.now().UnixNano()) }
	heard()
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		ticker := time.NewTicker(s.cfg.Silence / 4)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
			quiet := s.now().Sub(time.Unix(0, last.Load()))
			if quiet < s.cfg.Silence/2 {
				continue
			}
			if err := s.answers(ctx); err != nil && ctx.Err() == nil {
				cancel(fmt.Errorf("%w: nothing received for %v and no answer on another connection: %w",
					ErrSilent, quiet.Round(time.Second), err))
				return
			}
		}
	}()
	err := do(ctx, heard)
	cause := context.Cause(ctx)
	cancel(nil)
	<-watched
	if err != nil && cause != nil {
		return cause
	}
	return err
}

// answers asks the server for a word.
func (s *Source) answers(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Silence/2)
	defer cancel()
	pool, err := s.connections(ctx)
	if err != nil {
		return err
	}
	return pool.Ping(ctx)
}
