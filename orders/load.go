package orders

import (
	"context"
	"fmt"
	"time"

	"github.com/aisle-search/aisle/orders/postgres"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// StockLevel is how many pieces of a product there are.
type StockLevel struct {
	Product string
	OnHand  int64
}

// OrderRow is an order of the past, to be loaded as it is.
type OrderRow struct {
	ID        OrderID // loading an id again changes nothing; empty: a new one
	Customer  string
	CreatedAt time.Time
	Lines     []PlaceLine
}

// SetStock sets the pieces on hand of one product; what is reserved stays.
func (s *Store) SetStock(ctx context.Context, product string, onHand int64) (postgres.LSN, error) {
	return s.SetStocks(ctx, []StockLevel{{Product: product, OnHand: onHand}})
}

// SetStocks sets the pieces on hand of many products in one transaction. Levels
// that are already as given are not written. Where a product comes twice the
// last one counts.
func (s *Store) SetStocks(ctx context.Context, levels []StockLevel) (postgres.LSN, error) {
	last := make(map[string]int64, len(levels))
	for i, level := range levels {
		if err := validText(fmt.Sprintf("stock[%d].product", i), level.Product, maxProduct); err != nil {
			return 0, err
		}
		if level.OnHand < 0 {
			return 0, &FieldError{Field: fmt.Sprintf("stock[%d].on_hand", i), Reason: "must not be negative"}
		}
		last[level.Product] = level.OnHand
	}
	products := make([]string, 0, len(last))
	onHand := make([]int64, 0, len(last))
	for product, pieces := range last {
		products, onHand = append(products, product), append(onHand, pieces)
	}
	lsn, err := withRetry(ctx, func() (postgres.LSN, error) { return s.setStocks(ctx, products, onHand) })
	if postgres.SQLState(err) == codeCheckViolation {
		err = fmt.Errorf("%w: %w", ErrBelowReserved, err)
	}
	if err != nil {
		return 0, fmt.Errorf("set stock: %w", err)
	}
	return lsn, nil
}

func (s *Store) setStocks(ctx context.Context, products []string, onHand []int64) (postgres.LSN, error) {
	return s.inTransaction(ctx, func(tx pgx.Tx) error {
		// Sorted, so that rows are locked in the same order as by buyers.
		_, err := tx.Exec(ctx, `insert into stock (product_id, on_hand)
			select product_id, on_hand from unnest($1::text[], $2::bigint[]) as w (product_id, on_hand)
			order by product_id collate "C"
			on conflict (product_id) do update set on_hand = excluded.on_hand, updated_at = now()
			where stock.on_hand <> excluded.on_hand`, products, onHand)
		return err
	})
}

// LoadOrders loads orders of the past in one transaction and returns how many
// were new. They count as sold and hold no stock.
func (s *Store) LoadOrders(ctx context.Context, rows []OrderRow) (loaded int64, lsn postgres.LSN, err error) {
	orders, lines, err := s.copyRows(rows)
	if err != nil {
		return 0, 0, err
	}
	lsn, err = s.inTransaction(ctx, func(tx pgx.Tx) error {
		loaded, err = copyOrders(ctx, tx, orders, lines)
		return err
	})
	if err != nil {
		return 0, 0, fmt.Errorf("load orders: %w", err)
	}
	return loaded, lsn, nil
}

// copyRows checks the rows and lays them out as the staging tables want them.
func (s *Store) copyRows(rows []OrderRow) (orders, lines [][]any, err error) {
	for i, row := range rows {
		check := PlaceRequest{IdempotencyKey: "-", RequestHash: []byte{0}, Customer: row.Customer, Lines: row.Lines}
		if err := check.validate(); err != nil {
			return nil, nil, fmt.Errorf("order %d: %w", i, err)
		}
		id, err := s.rowID(row)
		if err != nil {
			return nil, nil, fmt.Errorf("order %d: %w", i, err)
		}
		at := row.CreatedAt.UTC()
		orders = append(orders, []any{id, row.Customer, at})
		for no, line := range row.Lines {
			amount, currency := priceColumns(line.UnitPrice)
			lines = append(lines, []any{id, int32(no + 1), line.Product, int32(line.Quantity), amount, currency, at})
		}
	}
	return orders, lines, nil
}

func (s *Store) rowID(row OrderRow) (uuid.UUID, error) {
	if row.ID == "" {
		return s.newID()
	}
	return uuid.Parse(string(row.ID))
}

// copyOrders copies into staging tables and from there what is new, as COPY
// itself cannot pass over rows that exist.
func copyOrders(ctx context.Context, tx pgx.Tx, orders, lines [][]any) (int64, error) {
	_, err := tx.Exec(ctx, `create temporary table new_orders (id uuid, customer text, created_at timestamptz) on commit drop;
		create temporary table new_lines (order_id uuid, line_no int, product_id text, quantity int,
			unit_amount bigint, currency text, created_at timestamptz) on commit drop`)
	if err != nil {
		return 0, err
	}
	if _, err := tx.CopyFrom(ctx, pgx.Identifier{"new_orders"}, []string{"id", "customer", "created_at"},
		pgx.CopyFromRows(orders)); err != nil {
		return 0, err
	}
	if _, err := tx.CopyFrom(ctx, pgx.Identifier{"new_lines"},
		[]string{"order_id", "line_no", "product_id", "quantity", "unit_amount", "currency", "created_at"},
		pgx.CopyFromRows(lines)); err != nil {
		return 0, err
	}
	tag, err := tx.Exec(ctx, `with fresh as (
			insert into orders (id, customer, status, created_at)
			select distinct on (id) id, customer, 'placed', created_at from new_orders order by id
			on conflict (id) do nothing returning id
		), fresh_lines as (
			insert into order_lines (order_id, line_no, product_id, quantity, unit_amount, currency, status, created_at)
			select order_id, line_no, product_id, quantity, unit_amount, currency, 'placed', created_at
			from new_lines where order_id in (select id from fresh)
		)
		select id from fresh`)
	return tag.RowsAffected(), err
}

func (s *Store) inTransaction(ctx context.Context, do func(pgx.Tx) error) (postgres.LSN, error) {
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return 0, err
	}
	defer conn.Release()
	tx, err := conn.Begin(ctx)
	if err != nil {
		return 0, err
	}
	defer rollback(ctx, tx)
	if err := do(tx); err != nil {
		return 0, err
	}
	return commit(ctx, conn, tx)
}
