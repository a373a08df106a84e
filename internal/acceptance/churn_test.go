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

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/google/uuid"

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
	shop  *shop
	seed  uint64
	ids   []string // products that are changed
	count atomic.Int64

	mu     sync.Mutex // guards placed
	placed []orders.OrderID
}

func newChurn(t *testing.T, s *shop, seed uint64) *churn {
	t.Helper()
	return &churn{shop: s, seed: seed, ids: s.ids(t)}
}

// start begins to write; stop ends it and waits. A write is never cut short.
func (c *churn) start(t *testing.T) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var writers sync.WaitGroup
	c.seed++
	for n := range catalogWriters + orderWriters {
		rng := rand.New(rand.NewPCG(c.seed, uint64(n)))
		write := c.changeCatalog
		if n >= catalogWriters {
			write = c.changeOrders
		}
		writers.Go(func() {
			tick := time.NewTicker(writeEvery)
			defer tick.Stop()
			for {
				select {
				case <-ctx.Done():
					return
				case <-tick.C:
				}
				if err := write(context.WithoutCancel(ctx), rng); err != nil {
					t.Errorf("write: %v", err)
					return
				}
				c.count.Add(1)
			}
		})
	}
	stop = sync.OnceFunc(func() { cancel(); writers.Wait() })
	t.Cleanup(stop)
	return stop
}

// waitWrites waits until n more writes have been made.
func (c *churn) waitWrites(t *testing.T, n int64) {
	t.Helper()
	until := c.count.Load() + n
	eventually(t, fmt.Sprintf("%d more writes", n), func() bool { return t.Failed() || c.count.Load() >= until })
}

func pick[T any](rng *rand.Rand, from []T) T { return from[rng.IntN(len(from))] }

// changeCatalog makes one write to MongoDB.
func (c *churn) changeCatalog(ctx context.Context, rng *rand.Rand) error {
	id := pick(rng, c.ids)
	set := func(field string, value any) error {
		_, err := c.shop.products.UpdateByID(ctx, id, bson.D{{Key: "$set", Value: bson.D{{Key: field, Value: value}}}})
		return err
	}
	switch n := rng.IntN(100); {
	case n < 45:
		return set("price.amount", 1+rng.IntN(100_000))
	case n < 60:
		return set("name", fmt.Sprintf("Renamed %d of %s", rng.IntN(1000), id))
	case n < 70:
		return set("status", pick(rng, []string{"draft", "published", "published"}))
	case n < 75:
		return set("price.amount", "no price at all") // becomes a dead letter
	case n < 85:
		_, err := c.shop.products.DeleteOne(ctx, bson.D{{Key: "_id", Value: id}})
		return err
	}
	// A whole document, in place of what is there or was deleted.
	_, err := c.shop.products.ReplaceOne(ctx, bson.D{{Key: "_id", Value: id}}, bson.D{
		{Key: "name", Value: fmt.Sprintf("Replaced %d of %s", rng.IntN(1000), id)},
		{Key: "status", Value: "published"},
		{Key: "brand", Value: bson.D{{Key: "name", Value: pick(rng, []string{"Acme", "ACME", "Café Noir"})}}},
		{Key: "price", Value: bson.D{{Key: "amount", Value: 1 + rng.IntN(100_000)}}},
		{Key: "attributes", Value: bson.D{{Key: fmt.Sprintf("made_up_%d", rng.IntN(50)), Value: rng.IntN(10)}}},
	}, options.Replace().SetUpsert(true))
	return err
}

// changeOrders makes one write to Postgres.
func (c *churn) changeOrders(ctx context.Context, rng *rand.Rand) error {
	id := pick(rng, c.ids)
	switch n := rng.IntN(100); {
	case n < 45:
		return c.place(ctx, rng)
	case n < 60:
		return c.cancel(ctx, rng)
	case n < 85:
		_, err := c.shop.sql.Exec(ctx, `INSERT INTO stock (product_id, on_hand) VALUES ($1, $2)
			ON CONFLICT (product_id) DO UPDATE SET on_hand = stock.reserved + excluded.on_hand`, id, rng.IntN(4))
		return err
	case n < 88:
		_, err := c.shop.sql.Exec(ctx, `DELETE FROM stock WHERE product_id = $1 AND reserved = 0`, id)
		return err
	case n < 92:
		_, err := c.shop.sql.Exec(ctx, `DELETE FROM orders WHERE id = (SELECT id FROM orders WHERE status = 'cancelled' LIMIT 1)`)
		return err
	}
	// An order of the past, on either side of what counts.
	age := time.Duration(rng.IntN(40*24)) * time.Hour
	_, _, err := c.shop.orders.LoadOrders(ctx, []orders.OrderRow{{
		Customer: "past", CreatedAt: time.Now().Add(-age), Lines: []orders.PlaceLine{{Product: id, Quantity: 1 + rng.Int64N(5)}},
	}})
	return err
}

func (c *churn) place(ctx context.Context, rng *rand.Rand) error {
	key := uuid.NewString()
	r := orders.PlaceRequest{Scope: "acceptance", IdempotencyKey: key, RequestHash: []byte(key), Customer: "churn"}
	for range 1 + rng.IntN(3) {
		r.Lines = append(r.Lines, orders.PlaceLine{Product: pick(rng, c.ids), Quantity: 1 + rng.Int64N(2)})
	}
	result, err := c.shop.orders.PlaceOrder(ctx, r)
	var short *orders.OutOfStockError
	if errors.As(err, &short) {
		return nil // the shop has sold out, as shops do
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
	id := pick(rng, c.placed)
	c.mu.Unlock()
	_, err := c.shop.orders.Cancel(ctx, id)
	if errors.Is(err, orders.ErrOrderNotFound) {
		return nil // cancelled before, and deleted since
	}
	return err
}
