package change

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/jackc/pgx/v5/pgxpool"
)

// OpenStocks opens the tables of Aisle's own.
func OpenStocks(ctx context.Context, postgresURL string) (*Stocks, error) {
	pool, err := pgxpool.New(ctx, postgresURL)
	if err != nil {
		return nil, fmt.Errorf("open Postgres: %w", err)
	}
	return &Stocks{pool: pool, changed: map[string]stockChange{}}, nil
}

// stockChange is what was done to a product's row.
type stockChange struct{ made, raised bool }

// Stocks changes stock by one, up and down in turn. Products without a row get
// one with nothing in it, so that they are sold out.
type Stocks struct {
	pool    *pgxpool.Pool
	mu      sync.Mutex // guards changed
	changed map[string]stockChange
}

// Change changes one product's stock.
func (s *Stocks) Change(ctx context.Context, id string) error {
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

// Restore puts back every stock, and disconnects.
func (s *Stocks) Restore(ctx context.Context) error {
	defer s.pool.Close()
	return each(ctx, slices.Collect(maps.Keys(s.changed)), s.putBack)
}

// putBack puts back one product's stock. It leaves what is noted as it is, so that
// several can run at once.
func (s *Stocks) putBack(ctx context.Context, id string) error {
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
