package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/sync/errgroup"

	"github.com/aisle-search/aisle/catalog"
	"github.com/aisle-search/aisle/internal/audit"
)

// auditWriters change what can be put back.
type auditWriters struct {
	prices      *prices
	stocks      *stocks
	priced, all []string // products
}

func openAuditWriters(ctx context.Context, o auditOptions, schema *catalog.Schema, shop *audit.Shop) (*auditWriters, error) {
	priced := shop.Having("price")
	if len(priced) == 0 {
		return nil, errors.New("no product has a price that could be changed")
	}
	p, err := openPrices(ctx, freshnessOptions{
		mongoURI: o.mongoURI, priceField: o.priceField, collection: schema.Collection,
	}, priced[:min(len(priced), 100)])
	if err != nil {
		return nil, err
	}
	pool, err := pgxpool.New(ctx, o.postgresURL)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open Postgres: %w", err), p.restore(ctx))
	}
	return &auditWriters{
		prices: p, priced: priced, all: shop.IDs(),
		stocks: &stocks{pool: pool, changed: map[string]stockChange{}},
	}, nil
}

func (w *auditWriters) list() []audit.Writer {
	return []audit.Writer{
		{Name: "price", IDs: w.priced, Write: w.prices.change},
		{Name: "stock", IDs: w.all, Write: w.stocks.change},
	}
}

// Putting back what thousands of writes changed takes a while.
const (
	restorers      = 8
	restoreTimeout = 30 * time.Second // of one product
)

// restore puts back what is changed, and disconnects. All is tried, whatever
// fails.
func (w *auditWriters) restore(ctx context.Context) error {
	var raised []string
	for id, up := range w.prices.raised { // the writers have ended
		if up {
			raised = append(raised, id)
		}
	}
	defer w.stocks.pool.Close()
	return errors.Join(
		eachProduct(ctx, raised, w.prices.change),
		w.prices.restore(ctx), // what is still up, if anything, and disconnects
		eachProduct(ctx, slices.Collect(maps.Keys(w.stocks.changed)), w.stocks.restore),
	)
}

// eachProduct does something to each product, several at once, and gives the
// first error.
func eachProduct(ctx context.Context, ids []string, do func(context.Context, string) error) error {
	var g errgroup.Group
	g.SetLimit(restorers)
	for _, id := range ids {
		g.Go(func() error {
			ctx, cancel := context.WithTimeout(ctx, restoreTimeout)
			defer cancel()
			if err := do(ctx, id); err != nil {
				return fmt.Errorf("put back %s: %w", id, err)
			}
			return nil
		})
	}
	return g.Wait()
}

// stockChange is what was done to a product's row.
type stockChange struct{ made, raised bool }

// stocks changes stock by one, up and down in turn. Products without a row get
// one with nothing in it, so that they are sold out.
type stocks struct {
	pool    *pgxpool.Pool
	mu      sync.Mutex // guards changed
	changed map[string]stockChange
}

func (s *stocks) change(ctx context.Context, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, known := s.changed[id]
	if !known {
		made, err := s.pool.Exec(ctx, `INSERT INTO stock (product_id, on_hand) VALUES ($1, 0) ON CONFLICT DO NOTHING`, id)
		if err != nil {
			return err
		}
		if made.RowsAffected() == 1 {
			s.changed[id] = stockChange{made: true}
			return nil
		}
	}
	step := 1
	if c.raised {
		step = -1
	}
	c.raised = !c.raised
	_, err := s.pool.Exec(ctx, `UPDATE stock SET on_hand = on_hand + $2 WHERE product_id = $1`, id, step)
	if err == nil {
		s.changed[id] = c
	}
	return err
}

// restore puts back one product's stock. It leaves what is noted as it is, so
// that several can run at once.
func (s *stocks) restore(ctx context.Context, id string) error {
	c := s.changed[id]
	statement := `UPDATE stock SET on_hand = on_hand - 1 WHERE product_id = $1`
	switch {
	case c.made:
		statement = `DELETE FROM stock WHERE product_id = $1`
	case !c.raised:
		return nil
	}
	_, err := s.pool.Exec(ctx, statement, id)
	return err
}
