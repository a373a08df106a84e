package main

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/aisle-search/aisle/catalog"
	"github.com/aisle-search/aisle/orders"
)

// reachWait bounds how long a start waits for a database when there is an index to
// answer from.
const reachWait = 5 * time.Second

// database is one that the server needs, as a start sees it.
type database struct {
	name  string
	ready func(context.Context) error // checks it and makes it fit for use
	away  func(error) bool            // tells errors that may pass by themselves
}

// reach checks both databases. What is wrong with them ends the start, except that one
// is away while there is an index: that answers meanwhile, as it would had the database
// gone a moment later, and the database is tried until it is there.
func (s *service) reach(ctx context.Context, o serveOptions, file configFile, products *catalog.Store, followed *orders.Source, log *slog.Logger) error {
	_, serves := s.store.Serving()
	needed := []database{
		{"MongoDB", products.Check, func(err error) bool { return errors.Is(err, catalog.ErrUnreachable) }},
		{"Postgres", func(ctx context.Context) error { return prepareOrders(ctx, o, file, followed, log) }, orders.Unreachable},
	}
	found := make([]error, len(needed))
	var checks sync.WaitGroup
	for i, d := range needed {
		checks.Go(func() { found[i] = d.check(ctx, serves) })
	}
	checks.Wait()
	for i, d := range needed {
		switch err := found[i]; {
		case err == nil:
		case !serves || !d.away(err):
			return err
		default:
			log.Warn(d.name+" cannot be reached; searches are answered from the index as it is", "reason", err)
			s.work = append(s.work, func(ctx context.Context) { d.await(ctx, log) })
		}
	}
	return nil
}

func (d database) check(ctx context.Context, serves bool) error {
	if serves {
		var cancel func()
		ctx, cancel = context.WithTimeout(ctx, reachWait)
		defer cancel()
	}
	return d.ready(ctx)
}

// await tries until the database is there or found to be unfit.
func (d database) await(ctx context.Context, log *slog.Logger) {
	_, err := backoff.Retry(ctx, func() (struct{}, error) {
		err := d.check(ctx, true)
		if err != nil && !d.away(err) {
			err = backoff.Permanent(err)
		}
		return struct{}{}, err
	}, backoff.WithMaxElapsedTime(0))
	switch {
	case err == nil:
		log.Info(d.name + " is there")
	case ctx.Err() == nil:
		log.Error(d.name+" cannot be used", "error", err)
	}
}

// prepareOrders migrates the product's own tables and sees to it that they, or the
// shop's, can be followed.
func prepareOrders(ctx context.Context, o serveOptions, file configFile, followed *orders.Source, log *slog.Logger) error {
	if file.ownTables() {
		if _, err := orders.Migrate(ctx, o.postgresURL); err != nil {
			return err
		}
	}
	err := followed.Prepare(ctx)
	if err == nil || orders.NeedsOperator(err) || orders.Unreachable(err) {
		return err
	}
	// Such as a slot that the last process still holds: the indexer tries again.
	log.Warn("orders cannot be followed yet", "reason", err)
	return nil
}
