package orders

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/aisle-search/aisle/orders/lease"
)

// KeyLease is the lease under which old idempotency keys are removed.
const KeyLease = "idempotency-keys"

// Bounds of retention.
const (
	keyBatch = 1000 // keys removed in one transaction
	// keyInterval is how often old keys are looked for.
	keyInterval = time.Minute
)

// DropKeys removes idempotency keys that are older than an age, at most keyBatch of
// them, and tells how many. It fails with lease.ErrFenced when the term is over.
func (s *Store) DropKeys(ctx context.Context, term lease.Term, age time.Duration) (int64, error) {
	tx, err := s.pool.Begin(ctx)
	if err != nil {
		return 0, fmt.Errorf("drop idempotency keys: %w", err)
	}
	defer rollback(ctx, tx)
	if err := term.Guard(ctx, tx); err != nil {
		return 0, err
	}
	tag, err := tx.Exec(ctx, `delete from idempotency_keys where (scope, key) in (
		select scope, key from idempotency_keys where created_at < now() - $1::interval order by created_at limit $2)`, age, keyBatch)
	if err != nil {
		return 0, fmt.Errorf("drop idempotency keys: %w", err)
	}
	if err := tx.Commit(ctx); err != nil {
		return 0, fmt.Errorf("drop idempotency keys: %w", err)
	}
	return tag.RowsAffected(), nil
}

// KeepKeysFor removes keys older than an age, batch by batch, until ctx ends or
// something fails. It is work for a lease.Keeper.
func (s *Store) KeepKeysFor(age time.Duration) func(context.Context, lease.Term) error {
	return func(ctx context.Context, term lease.Term) error {
		timer := time.NewTimer(0)
		defer timer.Stop()
		for {
			select {
			case <-ctx.Done():
				return nil
			case <-timer.C:
			}
			n, err := s.DropKeys(ctx, term, age)
			if err != nil && ctx.Err() == nil {
				return err
			}
			wait := keyInterval
			if n == keyBatch {
				wait = 0 // there are more
			}
			timer.Reset(wait)
		}
	}
}

// LeaseKeeper makes a keeper that uses the store's connections.
func (s *Store) LeaseKeeper(name, holder string, ttl time.Duration, log *slog.Logger) *lease.Keeper {
	return lease.NewKeeper(s.pool, name, holder, ttl, log)
}
