package lease_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/aisle-search/aisle/internal/poll"
	"github.com/aisle-search/aisle/orders/lease"
	"github.com/aisle-search/aisle/orders/orderstest"
)

// childURL tells this binary that it is a holder in a process of its own.
const childURL = "LEASE_TEST_CHILD_URL"

func TestMain(m *testing.M) {
	if url := os.Getenv(childURL); url != "" {
		if err := child(url); err != nil {
			fmt.Println("child:", err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

func open(t *testing.T) (*pgxpool.Pool, string) {
	t.Helper()
	db, _ := orderstest.Shop(t)
	db.Exec(t, `create table journal (at bigserial primary key, term bigint not null)`)
	return db.Pool, db.URL
}

// write makes one guarded write.
func write(ctx context.Context, pool *pgxpool.Pool, term lease.Term) error {
	tx, err := pool.Begin(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	if err := term.Guard(ctx, tx); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `insert into journal (term) values ($1)`, term.Number); err != nil {
		return err
	}
	return tx.Commit(ctx)
}

// writing is work that writes until its context ends or it is fenced.
func writing(pool *pgxpool.Pool, said func(error)) func(context.Context, lease.Term) error {
	return func(ctx context.Context, term lease.Term) error {
		for ctx.Err() == nil {
			err := write(ctx, pool, term)
			if ctx.Err() == nil {
				said(err)
			}
			if err != nil {
				return err
			}
		}
		return nil
	}
}

// child holds the lease as another node does, and says each thing that it does.
func child(url string) error {
	ctx := context.Background()
	pool, err := pgxpool.New(ctx, url)
	if err != nil {
		return err
	}
	keeper := lease.NewKeeper(pool, "work", "child", time.Second, quiet())
	keeper.Run(ctx, func(ctx context.Context, term lease.Term) error {
		fmt.Println("holds", term.Number)
		for { // however late: what it relies on is the guard, not its own clock
			// An error of the connection is that of a transaction in which it was stopped.
			if err := write(context.WithoutCancel(ctx), pool, term); errors.Is(err, lease.ErrFenced) {
				fmt.Println("refused", term.Number)
				return nil
			}
		}
	})
	return nil
}

// The terms in the order in which they were written never fall, so no former holder
// has written after the next began.
func wantTermsRise(t *testing.T, pool *pgxpool.Pool) {
	t.Helper()
	var falls, writes int
	poll.Eventually(t, "somebody writes", func() bool {
		err := pool.QueryRow(t.Context(), `select count(*) from journal`).Scan(&writes)
		return err == nil && writes > 0
	})
	err := pool.QueryRow(t.Context(), `select count(*) filter (where term < before), count(*) from (
		select term, max(term) over (order by at rows between unbounded preceding and 1 preceding) as before from journal) j`).Scan(&falls, &writes)
	if err != nil || falls > 0 {
		t.Errorf("%d of %d writes came after a later term's (%v)", falls, writes, err)
	}
}

// A holder that is stopped (SIGSTOP) beyond its time and wakes up late is refused.
func TestPausedHolder(t *testing.T) {
	t.Parallel()
	pool, url := open(t)
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), childURL+"="+url)
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	t.Cleanup(func() {
		_ = c.Process.Kill() // it may have ended
		_ = c.Wait()
	})
	if !lines.Scan() || lines.Text() != "holds 1" {
		t.Fatalf("child says %q, want holds 1", lines.Text())
	}
	pause(t, c.Process)
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	t.Cleanup(func() { cancel(); wg.Wait() })
	next := lease.NewKeeper(pool, "work", "next", time.Second, quiet())
	wg.Go(func() { next.Run(ctx, writing(pool, func(error) {})) })
	poll.Eventually(t, "the next takes over", func() bool { return next.Status().Held })
	if s := next.Status(); s.Term < 2 {
		t.Errorf("the next holds term %d, want a later one", s.Term)
	}
	resume(t, c.Process)
	for lines.Scan() && !strings.HasPrefix(lines.Text(), "refused") {
	}
	if lines.Text() != "refused 1" {
		t.Errorf("the late child says %q, want refused 1", lines.Text())
	}
	wantTermsRise(t, pool)
}

// Keepers that come and go hold the lease one at a time.
func TestTakeTurns(t *testing.T) {
	t.Parallel()
	pool, _ := open(t)
	var wg sync.WaitGroup
	var terms sync.Map
	for n := range 3 {
		wg.Go(func() {
			for life := range 3 {
				ctx, cancel := context.WithCancel(t.Context())
				keeper := lease.NewKeeper(pool, "work", fmt.Sprint("node", n, life), 200*time.Millisecond, quiet())
				keeper.Run(ctx, func(ctx context.Context, term lease.Term) error {
					if _, twice := terms.LoadOrStore(term.Number, true); twice {
						t.Errorf("term %d was held twice", term.Number)
					}
					for range 5 {
						if err := write(ctx, pool, term); err != nil {
							break
						}
					}
					cancel()
					return nil
				})
				cancel()
			}
		})
	}
	wg.Wait()
	wantTermsRise(t, pool)
}

// While a guarded transaction is open the lease is not taken, though it has expired.
func TestGuardHoldsTheRow(t *testing.T) {
	t.Parallel()
	pool, _ := open(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	held, release, ended := make(chan lease.Term), make(chan struct{}), make(chan struct{})
	keeper := lease.NewKeeper(pool, "work", "first", lease.MinTTL, quiet())
	go func() {
		defer close(ended)
		keeper.Run(ctx, func(_ context.Context, term lease.Term) error {
			held <- term
			<-release
			cancel()
			return nil
		})
	}()
	term := <-held
	term.TTL = poll.Patience // the transaction stands still until the row is waited for
	tx, err := pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(t.Context())) }() // no-op after the commit below
	if err := term.Guard(t.Context(), tx); err != nil {
		t.Fatal(err)
	}
	other := lease.NewKeeper(pool, "work", "second", lease.MinTTL, quiet())
	late, stop := context.WithCancel(t.Context())
	taken, done := make(chan lease.Term, 1), make(chan struct{})
	go func() {
		defer close(done)
		other.Run(late, func(ctx context.Context, term lease.Term) error {
			taken <- term
			<-ctx.Done()
			return nil
		})
	}()
	poll.Eventually(t, "somebody waits for the row", func() bool {
		var waits int
		err := pool.QueryRow(t.Context(), `select count(*) from pg_stat_activity
			where datname = current_database() and wait_event_type = 'Lock'`).Scan(&waits)
		return err == nil && waits > 0
	})
	select {
	case second := <-taken:
		t.Errorf("term %d was given while the first was writing", second.Number)
	default:
	}
	if err := tx.Commit(t.Context()); err != nil {
		t.Error(err)
	}
	close(release)
	if second := <-taken; second.Number <= term.Number {
		t.Errorf("the second holds term %d after %d", second.Number, term.Number)
	}
	stop()
	<-done
	<-ended
}
