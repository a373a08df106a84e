package reach

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// wait bounds how long a start waits for a database when there is an index to answer
// from.
const wait = 5 * time.Second

// Database is one that the server needs, as a start sees it.
type Database struct {
	Name  string
	Check func(context.Context) error // makes it fit for use, too
	Away  func(error) bool            // tells errors that may pass by themselves
}

// All checks the databases, side by side. What is wrong with one is an error, except
// that it is away while an index serves: that answers meanwhile, as it would had the
// database gone a moment later. What is returned for such a one tries until it is
// there or ctx ends.
func All(ctx context.Context, serves bool, log *slog.Logger, needed ...Database) (waiting []func(context.Context), err error) {
	found := make([]error, len(needed))
	var checks sync.WaitGroup
	for i, d := range needed {
		checks.Go(func() { found[i] = d.check(ctx, serves) })
	}
	checks.Wait()
	for i, d := range needed {
		switch err := found[i]; {
		case err == nil:
		case !serves || !d.Away(err):
			return nil, err
		default:
			log.Warn(d.Name+" cannot be reached; searches are answered from the index as it is", "reason", err)
			waiting = append(waiting, func(ctx context.Context) { d.await(ctx, log) })
		}
	}
	return waiting, nil
}

func (d Database) check(ctx context.Context, bounded bool) error {
	if bounded {
		var cancel func()
		ctx, cancel = context.WithTimeout(ctx, wait)
		defer cancel()
	}
	return d.Check(ctx)
}

// await tries until the database is there or found to be unfit.
func (d Database) await(ctx context.Context, log *slog.Logger) {
	_, err := backoff.Retry(ctx, func() (struct{}, error) {
		err := d.check(ctx, true)
		if err != nil && !d.Away(err) {
			err = backoff.Permanent(err)
		}
		return struct{}{}, err
	}, backoff.WithMaxElapsedTime(0))
	switch {
	case err == nil:
		log.Info(d.Name + " is there")
	case ctx.Err() == nil:
		log.Error(d.Name+" cannot be used", "error", err)
	}
}
