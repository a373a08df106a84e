package shop

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"
)

// Crew is people at work. Each does one thing again and again.
type Crew struct {
	ctx     context.Context
	leave   context.CancelFunc
	seed    uint64
	working sync.WaitGroup

	mu   sync.Mutex // guards errs
	errs []error
}

// NewCrew makes a crew of nobody, which works until ctx ends or it is stopped.
func NewCrew(ctx context.Context, seed uint64) *Crew {
	c := &Crew{seed: seed}
	c.ctx, c.leave = context.WithCancel(ctx)
	return c
}

// Hire lets one more do a thing every so often, with random numbers of its own that
// come from the crew's seed and n. What fails is not done again.
func (c *Crew) Hire(n uint64, every time.Duration, do func(context.Context, *rand.Rand) error) {
	rng := rand.New(rand.NewPCG(c.seed, n))
	c.working.Go(func() {
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-c.ctx.Done():
				return
			case <-tick.C:
			}
			if err := do(c.ctx, rng); err != nil {
				c.mu.Lock()
				c.errs = append(c.errs, err)
				c.mu.Unlock()
				return
			}
		}
	})
}

// Stop sends all home, waits for what is under way, and tells what has failed.
func (c *Crew) Stop() error {
	c.leave()
	c.working.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	return errors.Join(c.errs...)
}

// Pick is one of several, by chance.
func Pick[T any](rng *rand.Rand, from []T) T { return from[rng.IntN(len(from))] }
