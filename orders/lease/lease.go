package lease

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
)

// ErrFenced: another node holds the lease by a later term. Nothing was written.
var ErrFenced = errors.New("lease: the term is over, another node holds the lease")

// Term is one time of holding a lease.
type Term struct {
	Name   string
	Holder string
	Number int64
	TTL    time.Duration // for which it is taken at a time
}

// Guard makes a transaction fail with ErrFenced unless the term is still the latest.
// Until the transaction ends nobody can take the lease. A holder that stands still in
// it for the lease's time loses the transaction, so that it cannot keep others out.
func (t Term) Guard(ctx context.Context, tx pgx.Tx) error {
	idle := strconv.FormatInt(max(1, t.TTL.Milliseconds()), 10)
	if _, err := tx.Exec(ctx, `select set_config('idle_in_transaction_session_timeout', $1, true)`, idle); err != nil {
		return fmt.Errorf("bound the transaction under lease %s: %w", t.Name, err)
	}
	var one int
	err := tx.QueryRow(ctx, `select 1 from leases where name = $1 and term = $2 and holder = $3 for share`,
		t.Name, t.Number, t.Holder).Scan(&one)
	if errors.Is(err, pgx.ErrNoRows) {
		return ErrFenced
	}
	if err != nil {
		return fmt.Errorf("check lease %s: %w", t.Name, err)
	}
	return nil
}

// database is a connection, or a pool of them.
type database interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// acquire takes the lease if it is free or has expired; ok is false when it is not.
func acquire(ctx context.Context, db database, name, holder string, ttl time.Duration) (t Term, ok bool, err error) {
	t = Term{Name: name, Holder: holder, TTL: ttl}
	err = db.QueryRow(ctx, `
		insert into leases (name, holder, term, expires_at) values ($1, $2, 1, clock_timestamp() + $3::interval)
		on conflict (name) do update
			set holder = excluded.holder, term = leases.term + 1, acquired_at = now(), expires_at = excluded.expires_at
			where leases.expires_at <= clock_timestamp()
		returning term`, name, holder, ttl).Scan(&t.Number)
	if errors.Is(err, pgx.ErrNoRows) {
		return Term{}, false, nil
	}
	if err != nil {
		return Term{}, false, fmt.Errorf("take lease %s: %w", name, err)
	}
	return t, true, nil
}

// renew holds the lease for another ttl, or fails with ErrFenced.
func (t Term) renew(ctx context.Context, db database, ttl time.Duration) error {
	return t.extend(ctx, db, ttl)
}

// release lets the next holder in at once.
func (t Term) release(ctx context.Context, db database) error { return t.extend(ctx, db, 0) }

func (t Term) extend(ctx context.Context, db database, ttl time.Duration) error {
	var one int
	err := db.QueryRow(ctx, `update leases set expires_at = clock_timestamp() + $4::interval
		where name = $1 and term = $2 and holder = $3 returning 1`, t.Name, t.Number, t.Holder, ttl).Scan(&one)
	if errors.Is(err, pgx.ErrNoRows) {
		return ErrFenced
	}
	if err != nil {
		return fmt.Errorf("renew lease %s: %w", t.Name, err)
	}
	return nil
}

// Row is a lease as the database has it.
type Row struct {
	Term
	Expired bool
}

// Read is the lease's latest holder; ok is false when there never was one.
func Read(ctx context.Context, db database, name string) (r Row, ok bool, err error) {
	r.Name = name
	err = db.QueryRow(ctx, `select holder, term, expires_at <= clock_timestamp() from leases where name = $1`, name).
		Scan(&r.Holder, &r.Number, &r.Expired)
	if errors.Is(err, pgx.ErrNoRows) {
		return Row{}, false, nil
	}
	if err != nil {
		return Row{}, false, fmt.Errorf("read lease %s: %w", name, err)
	}
	return r, true, nil
}
