package acceptance

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/aisle-search/aisle/internal/poll"
	"github.com/aisle-search/aisle/internal/shop"
	"github.com/aisle-search/aisle/orders"
)

const (
	catalogWriters = 3
	orderWriters   = 2
	// writeEvery is the pause between two writes of one writer.
	writeEvery = 4 * time.Millisecond
)

// churn changes everything there is, at random.
type churn struct {
	store  *orders.Store
	writer *shop.Writer
	seed   uint64
	count  atomic.Int64

	mu     sync.Mutex // guards placed
	placed []orders.OrderID
}

func newChurn(t *testing.T, s *testShop, seed uint64) *churn {
	t.Helper()
	c := &churn{store: s.orders, seed: seed}
	c.writer = &shop.Writer{Shop: s.Shop, IDs: s.ids(t), Order: c.order}
	return c
}

// start begins to write; stop ends it and waits. A write is never cut short.
func (c *churn) start(t *testing.T) (stop func()) {
	t.Helper()
	c.seed++
	crew := shop.NewCrew(t.Context(), c.seed)
	for n := range catalogWriters + orderWriters {
		write := c.writer.Catalog
		if n >= catalogWriters {
			write = c.writer.Orders
		}
		crew.Hire(uint64(n), writeEvery, func(ctx context.Context, rng *rand.Rand) error {
			if err := write(context.WithoutCancel(ctx), rng); err != nil {
				t.Errorf("write: %v", err)
				return err
			}
			c.count.Add(1)
			return nil
		})
	}
	stop = func() { _ = crew.Stop() } // what failed was said
	t.Cleanup(stop)
	return stop
}

// waitWrites waits until n more writes have been made.
func (c *churn) waitWrites(t *testing.T, n int64) {
	t.Helper()
	until := c.count.Load() + n
	poll.Eventually(t, fmt.Sprintf("%d more writes", n), func() bool { return t.Failed() || c.count.Load() >= until })
}

// order places one, cancels one, or loads one of the past, on either side of what
// counts.
func (c *churn) order(ctx context.Context, rng *rand.Rand, id string) error {
	switch n := rng.IntN(100); {
	case n < 65:
		return c.place(ctx, rng)
	case n < 88:
		return c.cancel(ctx, rng)
	}
	age := time.Duration(rng.IntN(40*24)) * time.Hour
	_, _, err := c.store.LoadOrders(ctx, []orders.OrderRow{{
		Customer: "past", CreatedAt: time.Now().Add(-age), Lines: []orders.PlaceLine{{Product: id, Quantity: 1 + rng.Int64N(5)}},
	}})
	return err
}

func (c *churn) place(ctx context.Context, rng *rand.Rand) error {
	key := uuid.NewString()
	r := orders.PlaceRequest{Scope: "acceptance", IdempotencyKey: key, RequestHash: []byte(key), Customer: "churn"}
	for range 1 + rng.IntN(3) {
		r.Lines = append(r.Lines, orders.PlaceLine{Product: shop.Pick(rng, c.writer.IDs), Quantity: 1 + rng.Int64N(2)})
	}
	result, err := c.store.PlaceOrder(ctx, r)
	var short *orders.OutOfStockError
	if errors.As(err, &short) || errors.Is(err, orders.ErrBusy) {
		return nil // the shop has sold out, as shops do, or stood still
	}
	if err == nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.placed = append(c.placed, result.Order.ID)
	}
	return err
}

func (c *churn) cancel(ctx context.Context, rng *rand.Rand) error {
	c.mu.Lock()
	if len(c.placed) == 0 {
		c.mu.Unlock()
		return nil
	}
	id := shop.Pick(rng, c.placed)
	c.mu.Unlock()
	_, err := c.store.Cancel(ctx, id)
	if errors.Is(err, orders.ErrOrderNotFound) || errors.Is(err, orders.ErrBusy) {
		return nil // deleted since, or not had in time
	}
	return err
}
