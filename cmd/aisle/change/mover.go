package change

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/aisle-search/aisle/orders"
)

const (
	// burst is how often others are changed.
	burst = 100 * time.Millisecond
	// Plenty is a stock of which no order is refused.
	Plenty = 1_000_000
	// most is how many products move.
	most = 20_000
	// orderLines is how many lines an order of others has.
	orderLines = 10
)

// Mover changes many products while others are measured.
type Mover struct {
	pool   *pgxpool.Pool
	store  *orders.Store
	prices *Prices
	ids    []string
	Stock  Tally // rows of stock
	Price  Tally // documents
	Lines  Tally // order lines
}

// Tally counts changes.
type Tally struct{ n atomic.Int64 }

// Count is how many changes were made until now.
func (t *Tally) Count() int64 { return t.n.Load() }

// OpenMover gives stock to products other than those that are measured.
func OpenMover(ctx context.Context, postgresURL string, store *orders.Store, p *Prices, measured []string) (*Mover, error) {
	found, err := p.collection.Find(ctx, bson.D{}, options.Find().SetProjection(bson.D{{Key: "_id", Value: 1}}).SetLimit(most))
	if err != nil {
		return nil, fmt.Errorf("list products: %w", err)
	}
	var documents []struct {
		ID any `bson:"_id"`
	}
	if err := found.All(ctx, &documents); err != nil {
		return nil, fmt.Errorf("list products: %w", err)
	}
	m := &Mover{store: store, prices: p}
	for _, d := range documents {
		if id, ok := d.ID.(string); ok && !slices.Contains(measured, id) {
			m.ids = append(m.ids, id)
		}
	}
	if len(m.ids) == 0 {
		return nil, errors.New("there is no other product that could be moved")
	}
	for chunk := range slices.Chunk(m.ids, 1000) {
		levels := make([]orders.StockLevel, len(chunk))
		for i, id := range chunk {
			levels[i] = orders.StockLevel{Product: id, OnHand: Plenty}
		}
		if _, err := store.SetStocks(ctx, levels); err != nil {
			return nil, fmt.Errorf("stock up others: %w", err)
		}
	}
	if m.pool, err = pgxpool.New(ctx, postgresURL); err != nil {
		return nil, fmt.Errorf("open Postgres: %w", err)
	}
	return m, nil
}

// Close disconnects. Nothing moves any more.
func (m *Mover) Close() { m.pool.Close() }

// MoveStock changes so many rows a second, in bursts, until ctx ends.
func (m *Mover) MoveStock(ctx context.Context, perSecond int) error {
	return m.bursts(ctx, perSecond, &m.Stock, func(ctx context.Context, ids []string) error {
		// Up and down in turn, so that each is a change and none adds up.
		_, err := m.pool.Exec(ctx, `update stock set on_hand = on_hand + 1 - 2 * (on_hand % 2) where product_id = any($1)`, ids)
		return err
	})
}

// MovePrices changes so many products a second, as an import does: one command changes
// those of a burst. Each comes up and down again before the next.
func (m *Mover) MovePrices(ctx context.Context, perSecond int) error {
	return m.bursts(ctx, perSecond/2, &m.Price, func(ctx context.Context, ids []string) error {
		for _, step := range []int{1, -1} {
			_, err := m.prices.collection.UpdateMany(ctx, bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: ids}}}},
				bson.D{{Key: "$inc", Value: bson.D{{Key: m.prices.field, Value: step}}}})
			if err != nil {
				return err
			}
		}
		m.Price.n.Add(int64(len(ids))) // the other half of the changes
		return nil
	})
}

// PlaceLines places orders of several lines each, so many lines a second. They stay.
func (m *Mover) PlaceLines(ctx context.Context, perSecond int) error {
	return m.bursts(ctx, perSecond, &m.Lines, func(ctx context.Context, ids []string) error {
		for some := range slices.Chunk(ids, orderLines) {
			key := uuid.NewString()
			order := orders.PlaceRequest{Scope: "freshness", IdempotencyKey: key, RequestHash: []byte(key), Customer: "freshness"}
			for _, id := range some {
				order.Lines = append(order.Lines, orders.PlaceLine{Product: id, Quantity: 1})
			}
			if _, err := m.store.PlaceOrder(ctx, order); err != nil {
				return err
			}
		}
		return nil
	})
}

// bursts has products moved in turn, so many a second, until ctx ends. A burst that was
// begun is finished.
func (m *Mover) bursts(ctx context.Context, perSecond int, tally *Tally, move func(context.Context, []string) error) error {
	tick := time.NewTicker(burst)
	defer tick.Stop()
	size := max(1, int(float64(perSecond)*burst.Seconds()))
	for at := 0; ; {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		for left := size; left > 0; {
			n := min(left, len(m.ids)-at)
			if err := move(context.WithoutCancel(ctx), m.ids[at:at+n]); err != nil {
				return fmt.Errorf("move other products: %w", err)
			}
			tally.n.Add(int64(n))
			left -= n
			at = (at + n) % len(m.ids)
		}
	}
}
