package replication

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"testing"
	"time"

	"github.com/aisle-search/aisle/orders/orderstest"
	"github.com/aisle-search/aisle/orders/postgres"
	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
)

// patience bounds every wait of the tests; none is expected to take it.
const patience = 90 * time.Second

// flushed is the end of what others can have been told is committed.
func flushed(t testing.TB, db orderstest.DB) postgres.LSN {
	t.Helper()
	lsn, err := postgres.ParseLSN(orderstest.Value[string](t, db, "select pg_current_wal_flush_lsn()::text"))
	if err != nil {
		t.Fatal(err)
	}
	return lsn
}

// row is what a mirror keeps of a Change.
type row struct {
	Product  string
	Quantity int64
	At       time.Time
}

// mirror applies changes to maps, as an index would.
type mirror struct {
	mu      sync.Mutex // guards all below
	rows    map[Kind]map[string]row
	at      postgres.LSN // of the last OpCommit
	commits int          // of transactions
	changes int          // upserts, deletes and truncations
	torn    error
	open    postgres.LSN // of the transaction that is half way through; 0: none
}

func newMirror() *mirror {
	return &mirror{rows: map[Kind]map[string]row{KindStock: {}, KindLine: {}}}
}

func (m *mirror) apply(c Change) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch c.Op {
	case OpCommit:
		if c.LSN < m.at {
			m.torn = fmt.Errorf("position went back from %v to %v", m.at, c.LSN)
		}
		m.at, m.open = c.LSN, 0
		m.commits++
		return nil
	case OpUpsert:
		m.rows[c.Kind][c.Key] = row{Product: c.Product, Quantity: c.Quantity, At: c.At}
	case OpDelete:
		delete(m.rows[c.Kind], c.Key)
	case OpTruncate:
		clear(m.rows[c.Kind])
	}
	if m.open != 0 && m.open != c.LSN {
		m.torn = fmt.Errorf("transaction %v is split by %v", m.open, c.LSN)
	}
	m.open = c.LSN
	m.changes++
	return nil
}

func (m *mirror) position() postgres.LSN {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.at
}

func (m *mirror) copyOf(kind Kind) map[string]row {
	m.mu.Lock()
	defer m.mu.Unlock()
	return maps.Clone(m.rows[kind])
}

// follower runs a Source into a mirror.
type follower struct {
	*mirror
	source *Source
	start  postgres.LSN
	cancel context.CancelFunc
	done   chan error
}

// follow takes a snapshot and streams, acknowledging every commit.
func follow(t testing.TB, db orderstest.DB, cfg Config) *follower {
	t.Helper()
	f := &follower{mirror: newMirror(), source: NewSource(cfg, db.URL)}
	t.Cleanup(f.source.Close)
	f.snapshot(t)
	f.stream(t, f.start)
	return f
}

func (f *follower) snapshot(t testing.TB) {
	t.Helper()
	start, err := f.source.Snapshot(t.Context(), time.Time{}, f.apply)
	if err != nil {
		t.Fatal(err)
	}
	f.start, f.mirror.at, f.mirror.open = start, start, 0
}

func (f *follower) stream(t testing.TB, from postgres.LSN) {
	t.Helper()
	f.streamInto(t, from, func(c Change) error {
		if err := f.apply(c); err != nil {
			return err
		}
		if c.Op == OpCommit {
			f.source.Acknowledge(c.LSN)
		}
		return nil
	})
}

func (f *follower) streamInto(t testing.TB, from postgres.LSN, emit func(Change) error) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	f.cancel, f.done = cancel, done
	go func() { done <- f.source.Stream(ctx, from, emit) }()
	t.Cleanup(func() { f.stop(t) })
}

// stop ends the stream; it must end by that alone.
func (f *follower) stop(t testing.TB) {
	t.Helper()
	if f.done == nil {
		return
	}
	f.cancel()
	if err := <-f.done; !errors.Is(err, context.Canceled) {
		t.Errorf("stream ended with %v", err)
	}
	f.done = nil
	if f.torn != nil {
		t.Error(f.torn)
	}
}

// broken waits for the stream to end by itself.
func (f *follower) broken(t testing.TB) error {
	t.Helper()
	select {
	case err := <-f.done:
		f.done = nil
		f.cancel()
		return err
	case <-time.After(patience):
		t.Fatal("the stream goes on")
		return nil
	}
}

// caughtUp waits until all that is committed now was handed over.
func (f *follower) caughtUp(t testing.TB, db orderstest.DB) {
	t.Helper()
	target := flushed(t, db)
	deadline := time.Now().Add(patience)
	for f.position() < target {
		select {
		case err := <-f.done:
			f.done = nil
			t.Fatalf("stream ended: %v", err)
		case <-time.After(5 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			t.Fatalf("at %v, not at %v in time", f.position(), target)
		}
	}
}

// The tables as SQL sees them: key, product, quantity and time.
const (
	stockSQL = `select product_id, product_id, on_hand - reserved, null::timestamptz from stock`
	linesSQL = `select order_id::text || chr(31) || line_no, product_id,
		case status when 'cancelled' then 0 else quantity end, created_at from order_lines`
)

// equals compares the mirror with what SQL says.
func (f *follower) equals(t testing.TB, db orderstest.DB, stock, lines string) {
	t.Helper()
	f.caughtUp(t, db)
	for kind, sql := range map[Kind]string{KindStock: stock, KindLine: lines} {
		want, got := readRows(t, db, sql), f.copyOf(kind)
		if maps.Equal(want, got) { // quick where there are many
			continue
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("kind %d: SQL (-), mirror (+):\n%.4000s", kind, diff)
		}
	}
}

func readRows(t testing.TB, db orderstest.DB, sql string) map[string]row {
	t.Helper()
	rows, err := db.Pool.Query(t.Context(), sql)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]row{}
	var (
		key string
		r   row
		at  *time.Time
	)
	_, err = pgx.ForEachRow(rows, []any{&key, &r.Product, &r.Quantity, &at}, func() error {
		r.At = time.Time{}
		if at != nil {
			r.At = at.UTC()
		}
		want[key] = r
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return want
}
