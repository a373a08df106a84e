package orders

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aisle-search/aisle/orders/postgres"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// OrderID is an order's id: a UUIDv7 in its usual writing.
type OrderID string

// ParseOrderID takes the 36-character writing only.
func ParseOrderID(s string) (OrderID, error) {
	id, err := uuid.Parse(s)
	if err != nil || len(s) != 36 {
		return "", &FieldError{Field: "id", Reason: "must be a UUID"}
	}
	return OrderID(id.String()), nil
}

// Money is an amount in minor units.
type Money struct {
	Amount   int64  `json:"amount"`
	Currency string `json:"currency"` // three capital letters
}

// Order is what a customer has ordered.
type Order struct {
	ID          OrderID    `json:"id"`
	Customer    string     `json:"customer"`
	Status      string     `json:"status"` // "placed" or "cancelled"
	CreatedAt   time.Time  `json:"created_at"`
	CancelledAt *time.Time `json:"cancelled_at,omitempty"`
	Lines       []Line     `json:"lines"`
}

// Line is one product of an order.
type Line struct {
	No        int    `json:"no"` // from 1
	Product   string `json:"product"`
	Quantity  int64  `json:"quantity"`
	UnitPrice *Money `json:"unit_price,omitempty"` // nil if the shop gave none
	Status    string `json:"status"`
}

// Order reads one order, or ErrOrderNotFound.
func (s *Store) Order(ctx context.Context, id OrderID) (Order, error) {
	order, err := readOrder(ctx, s.pool, id, "")
	if err != nil {
		return Order{}, fmt.Errorf("read order: %w", err)
	}
	return order, nil
}

// queryer is a pool, a connection or a transaction.
type queryer interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// readOrder reads an order with its lines; lock is "" or a row lock clause.
func readOrder(ctx context.Context, q queryer, id OrderID, lock string) (Order, error) {
	rows, err := q.Query(ctx, `select id::text, customer, status, created_at, cancelled_at
		from orders where id = $1::uuid `+lock, string(id))
	if err != nil {
		return Order{}, err
	}
	order, err := pgx.CollectExactlyOneRow(rows, scanOrder)
	if errors.Is(err, pgx.ErrNoRows) {
		return Order{}, ErrOrderNotFound
	}
	if err != nil {
		return Order{}, err
	}
	list := []Order{order}
	if err := readLines(ctx, q, list); err != nil {
		return Order{}, err
	}
	return list[0], nil
}

func scanOrder(row pgx.CollectableRow) (Order, error) {
	var o Order
	err := row.Scan((*string)(&o.ID), &o.Customer, &o.Status, &o.CreatedAt, &o.CancelledAt)
	o.CreatedAt = o.CreatedAt.UTC()
	if o.CancelledAt != nil {
		at := o.CancelledAt.UTC()
		o.CancelledAt = &at
	}
	return o, err
}

// readLines fills in the lines of all the orders with one query.
func readLines(ctx context.Context, q queryer, list []Order) error {
	ids := make([]string, len(list))
	at := make(map[OrderID]int, len(list))
	for i, o := range list {
		ids[i], at[o.ID] = string(o.ID), i
	}
	rows, err := q.Query(ctx, `select order_id::text, line_no, product_id, quantity, status, unit_amount, currency
		from order_lines where order_id = any($1::uuid[]) order by order_id, line_no`, ids)
	if err != nil {
		return err
	}
	var (
		id       string
		line     Line
		amount   *int64
		currency *string
	)
	_, err = pgx.ForEachRow(rows, []any{&id, &line.No, &line.Product, &line.Quantity, &line.Status, &amount, &currency}, func() error {
		line.UnitPrice = nil
		if amount != nil && currency != nil {
			line.UnitPrice = &Money{Amount: *amount, Currency: *currency}
		}
		i := at[OrderID(id)]
		list[i].Lines = append(list[i].Lines, line)
		return nil
	})
	return err
}

// CancelResult is a cancelled order and the position that covers the change.
type CancelResult struct {
	Order Order
	LSN   postgres.LSN
}

// Cancel gives back what the order holds reserved and marks it and its lines as
// cancelled. Cancelling again changes nothing and answers the same.
func (s *Store) Cancel(ctx context.Context, id OrderID) (CancelResult, error) {
	result, err := withRetry(ctx, func() (CancelResult, error) { return s.cancelOnce(ctx, id) })
	if err != nil {
		return CancelResult{}, fmt.Errorf("cancel order: %w", err)
	}
	return result, nil
}

func (s *Store) cancelOnce(ctx context.Context, id OrderID) (CancelResult, error) {
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return CancelResult{}, err
	}
	defer conn.Release()
	tx, err := conn.Begin(ctx)
	if err != nil {
		return CancelResult{}, err
	}
	defer rollback(ctx, tx)
	order, err := readOrder(ctx, tx, id, "for no key update")
	if err != nil {
		return CancelResult{}, err
	}
	if order.Status != statusCancelled {
		if err := release(ctx, tx, id); err != nil {
			return CancelResult{}, err
		}
		if order, err = readOrder(ctx, tx, id, ""); err != nil {
			return CancelResult{}, err
		}
	}
	lsn, err := commit(ctx, conn, tx)
	return CancelResult{Order: order, LSN: lsn}, err
}

// release locks stock in the order of product ids, as placing does, so that the
// two cannot wait for each other in a circle.
func release(ctx context.Context, tx pgx.Tx, id OrderID) error {
	var batch pgx.Batch
	batch.Queue(`select 1 from stock where product_id in
		(select product_id from order_lines where order_id = $1::uuid and held > 0)
		order by product_id collate "C" for no key update`, string(id))
	batch.Queue(`update stock s set reserved = s.reserved - h.held, updated_at = now()
		from (select product_id, sum(held) as held from order_lines
			where order_id = $1::uuid and held > 0 group by product_id) h
		where s.product_id = h.product_id`, string(id))
	batch.Queue(`update order_lines set status = 'cancelled', held = 0
		where order_id = $1::uuid and status <> 'cancelled'`, string(id))
	batch.Queue(`update orders set status = 'cancelled', cancelled_at = now() where id = $1::uuid`, string(id))
	return tx.SendBatch(ctx, &batch).Close()
}
