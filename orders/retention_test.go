package orders_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/aisle-search/aisle/orders"
	"github.com/aisle-search/aisle/orders/lease"
	"github.com/aisle-search/aisle/orders/orderstest"
)

// Old keys go batch by batch while the lease is held, young ones stay; a term that is
// over removes nothing.
func TestDropKeys(t *testing.T) {
	t.Parallel()
	db, store := orderstest.Shop(t)
	db.Exec(t, `insert into idempotency_keys (scope, key, request_hash, response, order_id, created_at)
		select 'shop', 'old' || n, '\x00', '\x00', gen_random_uuid(), now() - interval '25 hours' from generate_series(1, 2500) n`)
	db.Exec(t, `insert into idempotency_keys (scope, key, request_hash, response, order_id, created_at)
		select 'shop', 'young' || n, '\x00', '\x00', gen_random_uuid(), now() - interval '23 hours' from generate_series(1, 10) n`)
	db.Exec(t, `insert into leases (name, holder, term, expires_at) values ($1, 'me', 7, now())`, orders.KeyLease)
	term := func(n int64, holder string) lease.Term {
		return lease.Term{Name: orders.KeyLease, Holder: holder, Number: n, TTL: time.Minute}
	}
	for _, late := range []lease.Term{term(6, "me"), term(7, "other"), {Name: "none", Holder: "me", Number: 7, TTL: time.Minute}} {
		if n, err := store.DropKeys(t.Context(), late, 24*time.Hour); n != 0 || !errors.Is(err, lease.ErrFenced) {
			t.Errorf("term %d of %s: got %d, %v, want ErrFenced", late.Number, late.Holder, n, err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- store.KeepKeysFor(24*time.Hour)(ctx, term(7, "me")) }()
	for orderstest.Value[int](t, db, `select count(*) from idempotency_keys where key like 'old%'`) > 0 {
		if ctx.Err() != nil {
			t.Fatal("old keys stay")
		}
		time.Sleep(10 * time.Millisecond) // bounded by ctx
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("when told to stop: %v", err)
	}
	if n := orderstest.Value[int](t, db, `select count(*) from idempotency_keys`); n != 10 {
		t.Errorf("%d keys are left, want the 10 young ones", n)
	}
}
