package change

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/aisle-search/aisle/orders"
)

const (
	// stockBurst is how often stock is changed, and so how many transactions a second.
	stockBurst = 100 * time.Millisecond
	// Plenty is a stock of which no order is refused.
	Plenty = 1_000_000
	// stockProducts is how many products' stock moves at most.
	stockProducts = 20_000
)

// Mover changes the stock of many products while others are measured.
type Mover struct {
	pool  *pgxpool.Pool
	ids   []string
	moved atomic.Int64
}

// OpenMover gives stock to products other than those that are measured.
func OpenMover(ctx context.Context, postgresURL string, store *orders.Store, p *Prices, measured []string) (*Mover, error) {
	found, err := p.collection.Find(ctx, bson.D{}, options.Find().SetProjection(bson.D{{Key: "_id", Value: 1}}).SetLimit(stockProducts))
	if err != nil {
		return nil, fmt.Errorf("list products: %w", err)
	}
	var documents []struct {
		ID any `bson:"_id"`
	}
	if err := found.All(ctx, &documents); err != nil {
		return nil, fmt.Errorf("list products: %w", err)
	}
	m := &Mover{}
	for _, d := range documents {
		if id, ok := d.ID.(string); ok && !slices.Contains(measured, id) {
			m.ids = append(m.ids, id)
		}
	}
	if len(m.ids) == 0 {
		return nil, errors.New("there is no other product whose stock could be moved")
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

// Moved is how many changes were made until now.
func (m *Mover) Moved() int64 { return m.moved.Load() }

// Run changes so many rows a second, in bursts, until ctx ends.
func (m *Mover) Run(ctx context.Context, perSecond int) error {
	defer m.pool.Close()
	tick := time.NewTicker(stockBurst)
	defer tick.Stop()
	size := max(1, int(float64(perSecond)*stockBurst.Seconds()))
	for at := 0; ; {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		for left := size; left > 0; {
			n := min(left, len(m.ids)-at)
			// Up and down in turn, so that each is a change and none adds up.
			_, err := m.pool.Exec(context.WithoutCancel(ctx),
				`update stock set on_hand = on_hand + 1 - 2 * (on_hand % 2) where product_id = any($1)`, m.ids[at:at+n])
			if err != nil {
				return fmt.Errorf("move stock: %w", err)
			}
			m.moved.Add(int64(n))
			left -= n
			at = (at + n) % len(m.ids)
		}
	}
}
