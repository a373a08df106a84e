package lease

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"
)

// Keeper takes a lease whenever it is free, and lets work run while it holds it.
type Keeper struct {
	db     database
	name   string
	holder string
	ttl    time.Duration
	log    *slog.Logger

	mu   sync.Mutex // guards what follows
	last Status
}

// Status is what a keeper knows of its lease.
type Status struct {
	Name   string
	Holder string // the latest that was seen; may have gone since
	Term   int64
	Held   bool // by this node
}

// MinTTL is the shortest time for which a lease can be held.
const MinTTL = 100 * time.Millisecond

// renewals is how often, at least, a lease is renewed within its time.
const renewals = 3

// NewKeeper makes a keeper for a node. holder tells nodes and processes apart. ttl is
// how long a holder that has died keeps others out, at least MinTTL.
func NewKeeper(db database, name, holder string, ttl time.Duration, log *slog.Logger) *Keeper {
	return &Keeper{db: db, name: name, holder: holder, ttl: max(ttl, MinTTL), log: log, last: Status{Name: name}}
}

// Status is the latest known.
func (k *Keeper) Status() Status {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.last
}

// Run takes the lease again and again until ctx ends. While it is held, work runs;
// its context ends when the lease can no longer be relied on, and it must then
// return. Errors of work are logged, and it is begun again after a while.
func (k *Keeper) Run(ctx context.Context, work func(context.Context, Term) error) {
	for ctx.Err() == nil {
		asked := time.Now()
		term, ok, err := k.ask(ctx)
		switch {
		case err != nil && ctx.Err() == nil:
			k.log.Warn("lease cannot be asked for", "lease", k.name, "error", err)
		case ok:
			k.hold(ctx, term, asked, work)
		case err == nil:
			k.look(ctx)
		}
		k.wait(ctx)
	}
}

// ask takes the lease if it is free. A database that does not answer is not waited for.
func (k *Keeper) ask(ctx context.Context) (Term, bool, error) {
	asking, cancel := context.WithTimeout(ctx, k.ttl)
	defer cancel()
	return acquire(asking, k.db, k.name, k.holder, k.ttl)
}

// hold runs work for one term.
func (k *Keeper) hold(ctx context.Context, term Term, asked time.Time, work func(context.Context, Term) error) {
	k.note(Status{Name: k.name, Holder: k.holder, Term: term.Number, Held: true})
	k.log.Info("lease is held", "lease", k.name, "term", term.Number)
	working, stop := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- work(working, term) }()
	err := k.renewing(ctx, term, asked, done)
	stop()
	k.note(Status{Name: k.name, Holder: k.holder, Term: term.Number})
	if err == nil {
		err = ctx.Err()
	} else {
		<-done // it was told to stop
	}
	if err != nil && ctx.Err() == nil {
		k.log.Warn("lease is let go", "lease", k.name, "term", term.Number, "reason", err)
	}
	releasing, cancel := context.WithTimeout(context.WithoutCancel(ctx), k.ttl)
	defer cancel()
	if err := term.release(releasing, k.db); err != nil && !errors.Is(err, ErrFenced) {
		k.log.Warn("lease was not released, it expires", "lease", k.name, "error", err)
	}
}

// renewing renews until work ends (nil is returned and done is empty), the term is
// over or cannot be renewed in time.
func (k *Keeper) renewing(ctx context.Context, term Term, renewed time.Time, done chan error) error {
	timer := time.NewTimer(k.pause())
	defer timer.Stop()
	for {
		select {
		case err := <-done:
			if err != nil && ctx.Err() == nil {
				k.log.Warn("work under a lease failed", "lease", k.name, "error", err)
			}
			return nil
		case <-ctx.Done():
			return ctx.Err()
		case <-timer.C:
			timer.Reset(k.pause())
		}
		asked := time.Now()
		left := k.ttl - asked.Sub(renewed)
		if left <= 0 {
			return errors.New("it could not be renewed in time")
		}
		asking, cancel := context.WithTimeout(ctx, min(left, k.ttl/renewals))
		err := term.renew(asking, k.db, k.ttl)
		cancel()
		switch {
		case err == nil:
			renewed = asked
		case errors.Is(err, ErrFenced):
			return err
		case time.Since(renewed) >= k.ttl:
			return err
		}
	}
}

// look notes who holds the lease.
func (k *Keeper) look(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, k.ttl)
	defer cancel()
	if r, ok, err := Read(ctx, k.db, k.name); err == nil && ok {
		k.note(Status{Name: k.name, Holder: r.Holder, Term: r.Number})
	}
}

func (k *Keeper) note(s Status) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.last = s
}

// pause is the time until the next try or renewal, at random so that nodes that began
// together do not ask together for ever.
func (k *Keeper) pause() time.Duration {
	most := k.ttl / renewals
	return most/2 + rand.N(most/2+1)
}

func (k *Keeper) wait(ctx context.Context) {
	timer := time.NewTimer(k.pause())
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
