package orders

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aisle-search/aisle/orders/postgres"
	"github.com/cenkalti/backoff/v5"
	"github.com/jackc/pgx/v5"
)

// PlaceRequest is an order to be placed.
type PlaceRequest struct {
	// Scope keeps the keys of different callers apart.
	Scope string
	// IdempotencyKey with Scope names the request: it is carried out at most once.
	IdempotencyKey string
	// RequestHash is a digest of everything in the request that matters.
	RequestHash []byte
	Customer    string
	Lines       []PlaceLine
	// Withheld is asked, once it is known that the request is no replay, which of the
	// products may not be ordered; nil withholds none. Its error ends the placement.
	Withheld func(ctx context.Context) (map[string]bool, error)
}

// PlaceLine is one line of a PlaceRequest. A product may come in several lines.
type PlaceLine struct {
	Product   string
	Quantity  int64
	UnitPrice *Money // nil if the caller gives none
}

// PlaceResult is the placed order and the position that covers it. A replayed
// one is the order as it was when it was placed.
type PlaceResult struct {
	Order    Order
	LSN      postgres.LSN
	Replayed bool
}

// tries bounds how often a transaction that Postgres broke off is tried.
const tries = 5

// PlaceOrder reserves the stock and writes the order and the answer to its key
// in one transaction, or nothing at all. It answers ErrInProgress while another
// request with the key is under way, ErrIdempotencyConflict if the key was used
// with another hash, *OutOfStockError, and ErrInvalid.
func (s *Store) PlaceOrder(ctx context.Context, req PlaceRequest) (PlaceResult, error) {
	if err := req.validate(); err != nil {
		return PlaceResult{}, err
	}
	result, err := withRetry(ctx, func() (PlaceResult, error) { return s.placeOnce(ctx, req) })
	if err != nil {
		return PlaceResult{}, fmt.Errorf("place order: %w", err)
	}
	return result, nil
}

func (s *Store) placeOnce(ctx context.Context, req PlaceRequest) (PlaceResult, error) {
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return PlaceResult{}, err
	}
	defer conn.Release()
	tx, err := conn.Begin(ctx)
	if err != nil {
		return PlaceResult{}, err
	}
	defer rollback(ctx, tx)
	at, err := claim(ctx, tx, req)
	if err != nil {
		return PlaceResult{}, err
	}
	replay, err := stored(ctx, tx, req)
	if err != nil {
		return PlaceResult{}, err
	}
	if replay != nil {
		lsn, err := commit(ctx, conn, tx)
		return PlaceResult{Order: *replay, LSN: lsn, Replayed: true}, err
	}
	var withheld map[string]bool
	if req.Withheld != nil {
		if withheld, err = req.Withheld(ctx); err != nil {
			return PlaceResult{}, err
		}
	}
	if err := reserve(ctx, tx, req.Lines, withheld); err != nil {
		return PlaceResult{}, err
	}
	order, err := s.write(ctx, tx, req, at)
	if err != nil {
		return PlaceResult{}, err
	}
	lsn, err := commit(ctx, conn, tx)
	return PlaceResult{Order: order, LSN: lsn}, err
}

// claim takes the key for this transaction, or answers at once that another has
// it. The lock goes with the transaction, so that a crash frees the key. Two
// keys may share a lock by chance (one in 2^64): then one is told to come again.
// It returns the transaction's time, which becomes the order's.
func claim(ctx context.Context, tx pgx.Tx, req PlaceRequest) (time.Time, error) {
	var (
		mine bool
		at   time.Time
	)
	err := tx.QueryRow(ctx, `select pg_try_advisory_xact_lock(hashtextextended($1, 0)), now()`,
		"aisle.order\x1f"+req.Scope+"\x1f"+req.IdempotencyKey).Scan(&mine, &at)
	if err != nil {
		return time.Time{}, fmt.Errorf("claim idempotency key: %w", err)
	}
	if !mine {
		return time.Time{}, ErrInProgress
	}
	return at.UTC(), nil
}

// stored returns the answer to an earlier request with the key, or nil. It is a
// statement of its own after the lock was taken, so that it sees what the lock's
// last holder committed.
func stored(ctx context.Context, tx pgx.Tx, req PlaceRequest) (*Order, error) {
	var hash, response []byte
	err := tx.QueryRow(ctx, `select request_hash, response from idempotency_keys where scope = $1 and key = $2`,
		req.Scope, req.IdempotencyKey).Scan(&hash, &response)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look up idempotency key: %w", err)
	}
	if !bytes.Equal(hash, req.RequestHash) {
		return nil, ErrIdempotencyConflict
	}
	var order Order
	if err := json.Unmarshal(response, &order); err != nil {
		return nil, fmt.Errorf("read stored answer: %w", err)
	}
	return &order, nil
}

// write stores the order, its lines and the answer to the key.
func (s *Store) write(ctx context.Context, tx pgx.Tx, req PlaceRequest, at time.Time) (Order, error) {
	id, err := s.newID()
	if err != nil {
		return Order{}, fmt.Errorf("make order id: %w", err)
	}
	order := Order{ID: OrderID(id.String()), Customer: req.Customer, Status: statusPlaced, CreatedAt: at}
	for i, line := range req.Lines {
		order.Lines = append(order.Lines, Line{
			No: i + 1, Product: line.Product, Quantity: line.Quantity, UnitPrice: line.UnitPrice, Status: statusPlaced,
		})
	}
	response, err := json.Marshal(order)
	if err != nil {
		return Order{}, fmt.Errorf("encode answer: %w", err)
	}
	var batch pgx.Batch
	batch.Queue(`insert into orders (id, customer, status, created_at) values ($1::uuid, $2, $3, $4)`,
		string(order.ID), order.Customer, order.Status, at)
	for _, line := range order.Lines {
		amount, currency := priceColumns(line.UnitPrice)
		batch.Queue(`insert into order_lines
			(order_id, line_no, product_id, quantity, held, unit_amount, currency, status, created_at)
			values ($1::uuid, $2, $3, $4, $4, $5, $6, $7, $8)`,
			string(order.ID), line.No, line.Product, line.Quantity, amount, currency, line.Status, at)
	}
	batch.Queue(`insert into idempotency_keys (scope, key, request_hash, response, order_id)
		values ($1, $2, $3, $4, $5::uuid)`,
		req.Scope, req.IdempotencyKey, req.RequestHash, response, string(order.ID))
	if err := tx.SendBatch(ctx, &batch).Close(); err != nil {
		return Order{}, fmt.Errorf("write order: %w", err)
	}
	return order, nil
}

func priceColumns(price *Money) (amount *int64, currency *string) {
	if price == nil {
		return nil, nil
	}
	return &price.Amount, &price.Currency
}

// withRetry repeats op while Postgres breaks it off for the sake of another
// transaction. A lock that was not had in time becomes ErrBusy.
func withRetry[T any](ctx context.Context, op func() (T, error)) (T, error) {
	wait := backoff.NewExponentialBackOff()
	wait.InitialInterval = 5 * time.Millisecond
	wait.MaxInterval = 100 * time.Millisecond
	value, err := backoff.Retry(ctx, func() (T, error) {
		value, err := op()
		if err != nil && !retryable(err) {
			return value, backoff.Permanent(err)
		}
		return value, err
	}, backoff.WithBackOff(wait), backoff.WithMaxTries(tries))
	var permanent *backoff.PermanentError
	if errors.As(err, &permanent) {
		err = permanent.Err
	}
	if err != nil && (retryable(err) || postgres.SQLState(err) == codeLockTimeout) {
		err = fmt.Errorf("%w: %w", ErrBusy, err)
	}
	return value, err
}

func retryable(err error) bool {
	return slices.Contains([]string{codeSerialization, codeDeadlock}, postgres.SQLState(err))
}
