package orders

import (
	"context"
	"fmt"
	"time"

	"github.com/aisle-search/aisle/orders/postgres"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	statusPlaced    = "placed"
	statusCancelled = "cancelled"
)

// Store places, cancels and reads orders in the tables that Migrate creates. It
// is safe for concurrent use.
type Store struct {
	pool  *pgxpool.Pool
	newID func() (uuid.UUID, error) // UUIDv7: later ids are greater
}

// Open is Connect and Ping. Invariant: Migrate has been called on the database.
func Open(ctx context.Context, url string) (*Store, error) {
	s, err := Connect(ctx, url)
	if err != nil {
		return nil, err
	}
	if err := s.Ping(ctx); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// Connect makes a store without waiting for Postgres; it fails on a URL that is not
// valid. Until Migrate has been called on the database every order fails.
func Connect(ctx context.Context, url string) (*Store, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("read Postgres URL: %w", err)
	}
	params := config.ConnConfig.RuntimeParams
	params["application_name"] = "aisle/orders"
	params["lock_timeout"] = "5s" // a session that sits on a row must not hold up buyers for ever
	params["idle_in_transaction_session_timeout"] = "30s"
	config.AfterConnect = durableCommits
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("open Postgres pool: %w", err)
	}
	return &Store{pool: pool, newID: uuid.NewV7}, nil
}

// durableCommits makes a commit wait for the log to be on disk where the server
// would not: an order that was confirmed must outlive a crash, and the position
// read after a commit must cover it. Stricter settings stay.
func durableCommits(ctx context.Context, conn *pgx.Conn) error {
	_, err := conn.Exec(ctx, `select set_config('synchronous_commit', 'on', false)
		where current_setting('synchronous_commit') = 'off'`)
	return err
}

// Close waits until no connection is in use and closes them.
func (s *Store) Close() { s.pool.Close() }

// Ping tells whether Postgres answers.
func (s *Store) Ping(ctx context.Context) error {
	if err := s.pool.Ping(ctx); err != nil {
		return fmt.Errorf("reach Postgres: %w", err)
	}
	return nil
}

// commit ends the transaction and returns a position that is not before its end.
// The flush position is taken, not the insert position: the committed record is
// flushed by then, and what others have inserted but not flushed cannot reach a
// follower, so that a reader who demands this position is not kept waiting.
func commit(ctx context.Context, conn *pgxpool.Conn, tx pgx.Tx) (postgres.LSN, error) {
	if err := tx.Commit(ctx); err != nil {
		return 0, fmt.Errorf("commit: %w", err)
	}
	return flushedLSN(ctx, conn)
}

func flushedLSN(ctx context.Context, conn *pgxpool.Conn) (postgres.LSN, error) {
	var text string
	if err := conn.QueryRow(ctx, `select pg_current_wal_flush_lsn()::text`).Scan(&text); err != nil {
		return 0, fmt.Errorf("read log position: %w", err)
	}
	return postgres.ParseLSN(text)
}

// rollback ends a transaction that failed. It does nothing after a commit, and
// works when the caller's context is already done.
func rollback(ctx context.Context, tx pgx.Tx) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	_ = tx.Rollback(ctx) // the connection is discarded when this fails
}
