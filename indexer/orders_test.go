package indexer

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/aisle-search/aisle/indexer/progress"
	"github.com/aisle-search/aisle/search"
)

func (r *rig) wantSignal(id string, want search.Signal) {
	r.t.Helper()
	want.ID = id
	r.eventually("signal of "+id, func() string {
		record, err := r.p.store.Product(context.Background(), id)
		if err != nil {
			return err.Error()
		}
		if record.Signal != want {
			return fmt.Sprintf("got %+v, want %+v", record.Signal, want)
		}
		return ""
	})
}

// Stock and sales follow Postgres; cancelled, deleted and truncated rows count no
// more; what is older than the windows does not count.
func TestSignals(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.put("P1")
	r.start()
	r.settle()
	r.wantSignal("P1", search.Signal{})
	r.stock("P1", 5)
	r.order("P1", 2, 0)
	r.order("P1", 3, 8)
	r.order("P1", 100, 40)
	r.wantSignal("P1", search.Signal{Stock: 5, Sold7: 2, Sold30: 5, Tracked: true})
	r.exec("update order_lines set status = 'cancelled' where quantity = 2")
	r.wantSignal("P1", search.Signal{Stock: 5, Sold30: 3, Tracked: true})
	r.exec("truncate orders, order_lines")
	r.exec("delete from stock")
	r.wantSignal("P1", search.Signal{})
	for range 5 {
		r.order("P1", 1, 0)
	}
	r.wantSignal("P1", search.Signal{Sold7: 5, Sold30: 5})
}

// A slot that was dropped, while Aisle was off or under its feet, means reading
// anew: what happened in the gap is found and a metric tells.
func TestSlotLost(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for _, id := range []string{"P1", "P2"} {
		r.put(id)
	}
	r.stock("P1", 1)
	r.stock("P2", 2)
	r.start()
	r.settle()
	slot := r.p.orders.Slot()
	r.kill()
	for range 3 {
		r.order("P1", 1, 0)
	}
	r.exec("delete from stock where product_id = 'P2'")
	r.dropSlots()
	r.start()
	r.wantSignal("P1", search.Signal{Stock: 1, Sold7: 3, Sold30: 3, Tracked: true})
	r.wantSignal("P2", search.Signal{})
	if got := counted(t, r.p.x.metrics.lost.WithLabelValues(progress.SourceOrders)); got != 1 {
		t.Errorf("positions lost: got %v, want 1", got)
	}
	r.settle()
	r.eventually("slot dropped", func() string {
		_, err := r.sql.Exec(context.Background(), `select pg_terminate_backend(active_pid) from pg_replication_slots
			where slot_name = $1 and active`, slot)
		if err == nil {
			_, err = r.sql.Exec(context.Background(), "select pg_drop_replication_slot($1)", slot)
		}
		if err != nil {
			return err.Error()
		}
		return ""
	})
	r.stock("P2", 9)
	r.wantSignal("P2", search.Signal{Stock: 9, Tracked: true})
}

// A transaction larger than a batch is counted whole, also when Aisle dies half
// way through it.
func TestLargeTransaction(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.put("P1")
	r.start()
	r.settle()
	const lines = 5000
	r.exec(`with o as (insert into orders (id, customer, status) values (gen_random_uuid(), 'c', 'placed') returning id)
		insert into order_lines (order_id, line_no, product_id, quantity, status)
		select id, n, 'P1', 1, 'placed' from o, generate_series(1, $1::int) n`, lines)
	r.eventually("half way", func() string {
		if s := r.source(progress.SourceOrders); s.Applied == 0 {
			return fmt.Sprintf("%+v", s)
		}
		return ""
	})
	r.kill()
	r.start()
	r.wantSignal("P1", search.Signal{Sold7: lines, Sold30: lines})
}

// The slot follows the log also when nothing happens to the tables, so that it
// does not hold the log back.
func TestIdleSlotMoves(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.put("P1")
	r.start()
	r.settle()
	r.exec("create table other (n int)")
	r.exec("insert into other select generate_series(1, 20000)")
	var target string
	if err := r.sql.QueryRow(t.Context(), "select pg_current_wal_lsn()::text").Scan(&target); err != nil {
		t.Fatal(err)
	}
	r.eventually("slot is confirmed", func() string {
		var there bool
		var at string
		err := r.sql.QueryRow(t.Context(), `select confirmed_flush_lsn >= $2::text::pg_lsn, confirmed_flush_lsn::text
			from pg_replication_slots where slot_name = $1`, r.p.orders.Slot(), target).Scan(&there, &at)
		if err != nil || !there {
			return fmt.Sprintf("at %s, want %s, %v", at, target, err)
		}
		return ""
	})
}

// At midnight UTC the windows move on by themselves.
func TestMidnight(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.put("P1")
	r.order("P1", 2, 0)
	c := newClock(time.Now())
	r.start(func(cfg *Config) { cfg.Now = c.now })
	r.settle()
	r.wantSignal("P1", search.Signal{Sold7: 2, Sold30: 2})
	c.move(8 * 24 * time.Hour)
	r.wantSignal("P1", search.Signal{Sold30: 2})
	c.move(-8 * 24 * time.Hour)
	r.wantSignal("P1", search.Signal{Sold7: 2, Sold30: 2})
}

// clock is a clock that runs on and that a test moves.
type clock struct {
	mu     sync.Mutex // guards offset
	offset time.Duration
}

// newClock runs on from an instant.
func newClock(at time.Time) *clock { return &clock{offset: time.Until(at)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.offset)
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.offset += d
}
