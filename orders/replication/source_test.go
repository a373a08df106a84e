package replication

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/aisle-search/aisle/internal/poll"
	"github.com/aisle-search/aisle/orders"
	"github.com/aisle-search/aisle/orders/mapping"
	"github.com/aisle-search/aisle/orders/orderstest"
	"golang.org/x/sync/errgroup"
)

// TestSnapshotJoinsStream: what is written before, during and after the snapshot
// arrives, each once its final state, whatever the interleaving.
func TestSnapshotJoinsStream(t *testing.T) {
	t.Parallel()
	db, store := orderstest.Shop(t)
	levels := map[string]int64{}
	for i := range 50 {
		levels[fmt.Sprintf("p%d", i)] = 1_000_000
	}
	orderstest.Stock(t, store, levels)
	for i := range 200 {
		orderstest.Place(t, store, orderstest.Order(fmt.Sprintf("before-%d", i), fmt.Sprintf("p%d", i%50)))
	}
	ctx, cancel := context.WithCancel(t.Context())
	var writers errgroup.Group
	for w := range 4 {
		writers.Go(func() error { return scribble(ctx, store, db, w) })
	}
	f := follow(t, db, DefaultConfig())
	commits := f.position()
	poll.Eventually(t, "some changes after the snapshot", func() bool { return f.position() > commits+1<<18 })
	cancel()
	if err := writers.Wait(); err != nil {
		t.Fatal(err)
	}
	f.equals(t, db, stockSQL, linesSQL)
}

// scribble writes until ending ends. No write is cut short: one might be committed
// after nobody waits for it.
func scribble(ending context.Context, store *orders.Store, db orderstest.DB, w int) error {
	ctx := context.WithoutCancel(ending)
	random := rand.New(rand.NewPCG(1, uint64(w)))
	var last orders.OrderID
	for i := 0; ending.Err() == nil; i++ {
		var err error
		switch product := fmt.Sprintf("p%d", random.IntN(50)); random.IntN(5) {
		case 0:
			_, err = store.SetStock(ctx, product, 500_000+random.Int64N(1000))
		case 1:
			if last != "" {
				_, err = store.Cancel(ctx, last)
			}
		case 2:
			_, err = db.Pool.Exec(ctx, `delete from order_lines where order_id = nullif($1, '')::uuid`, string(last))
		default:
			req := orderstest.Order(fmt.Sprintf("w%d-%d", w, i), product)
			req.Lines = append(req.Lines, orders.PlaceLine{Product: fmt.Sprintf("p%d", random.IntN(50)), Quantity: 3})
			var result orders.PlaceResult
			if result, err = store.PlaceOrder(ctx, req); err == nil {
				last = result.Order.ID
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// TestTruncate: after TRUNCATE no old row lives on, and new ones count.
func TestTruncate(t *testing.T) {
	t.Parallel()
	db, store := orderstest.Shop(t)
	orderstest.Stock(t, store, map[string]int64{"p1": 100})
	f := follow(t, db, DefaultConfig())
	for i := range 20 {
		orderstest.Place(t, store, orderstest.Order(fmt.Sprint(i), "p1"))
	}
	db.Exec(t, `truncate orders, order_lines, idempotency_keys`)
	f.equals(t, db, stockSQL, linesSQL)
	for i := range 5 {
		orderstest.Place(t, store, orderstest.Order(fmt.Sprint(i), "p1"))
	}
	f.equals(t, db, stockSQL, linesSQL)
	if got := len(f.copyOf(KindLine)); got != 5 {
		t.Errorf("got %d lines, want 5", got)
	}
}

// TestDeleteAndKeyChange: a deleted row goes, and one whose key changes moves.
func TestDeleteAndKeyChange(t *testing.T) {
	t.Parallel()
	db, store := orderstest.Shop(t)
	orderstest.Stock(t, store, map[string]int64{"p1": 10, "p2": 20, "p3": 30})
	f := follow(t, db, DefaultConfig())
	for i := range 3 {
		orderstest.Place(t, store, orderstest.Order(fmt.Sprint(i), "p1"))
	}
	db.Exec(t, `delete from order_lines where order_id = (select order_id from order_lines limit 1)`)
	db.Exec(t, `update stock set product_id = 'p9' where product_id = 'p2'`)
	db.Exec(t, `alter table stock replica identity full`)
	db.Exec(t, `update stock set product_id = 'p8' where product_id = 'p3'`)
	db.Exec(t, `delete from stock where product_id = 'p9'`)
	f.equals(t, db, stockSQL, linesSQL)
	if got := len(f.copyOf(KindLine)); got != 2 {
		t.Errorf("got %d lines, want 2", got)
	}
}

// TestRelationChange: columns that are not mapped come, go and are renamed, a
// key column is renamed too, and the stream goes on; a mapped one going away ends
// it with a clear error.
func TestRelationChange(t *testing.T) {
	t.Parallel()
	db, store := orderstest.Shop(t)
	orderstest.Stock(t, store, map[string]int64{"p1": 10})
	f := follow(t, db, DefaultConfig())
	for i, ddl := range []string{
		`alter table order_lines add channel text`,
		`alter table order_lines drop channel`,
		`alter table order_lines add first int`,
		`alter table order_lines rename first to second`,
		`alter table stock rename reserved to was; alter table stock rename was to reserved`,
		`alter table order_lines alter quantity type bigint`,
	} {
		db.Exec(t, ddl)
		orderstest.Place(t, store, orderstest.Order(fmt.Sprint(i), "p1"))
	}
	db.Exec(t, `alter table order_lines rename line_no to position`)
	db.Exec(t, `update order_lines set quantity = 2`)
	f.equals(t, db, stockSQL, strings.ReplaceAll(linesSQL, "line_no", "position"))

	db.Exec(t, `alter table order_lines rename quantity to pieces`)
	db.Exec(t, `update order_lines set pieces = 3`)
	err := f.broken(t)
	if !errors.Is(err, mapping.ErrColumnMissing) || !NeedsOperator(err) || !strings.Contains(err.Error(), "quantity") {
		t.Errorf("got %v, want ErrColumnMissing naming the column", err)
	}
	db.Exec(t, `alter table order_lines rename pieces to quantity`)
	err = f.source.Stream(t.Context(), f.position(), f.apply)
	if !NeedsSnapshot(err) || NeedsOperator(err) {
		t.Errorf("with the column back: got %v, want one that asks for a snapshot", err)
	}
	f.snapshot(t)
	f.stream(t, f.start)
	f.equals(t, db, stockSQL, strings.ReplaceAll(linesSQL, "line_no", "position"))
}

// TestUnchangedToast: a large value left alone by an update is never taken for
// null, whether or not it is mapped and whatever the replica identity is.
func TestUnchangedToast(t *testing.T) {
	t.Parallel()
	cfg := DefaultConfig()
	cfg.Lines = LineTable{Table: "sales", Product: "item", Quantity: "qty", CreatedAt: "day"}
	const lines = `select id::text, item, qty, day::timestamp at time zone 'UTC' from sales`
	const large = `(select string_agg(md5(i::text || random()::text), '') from generate_series(1, 400) i)`
	for _, identity := range []string{"default", "full"} {
		t.Run(identity, func(t *testing.T) {
			t.Parallel()
			db, _ := orderstest.Shop(t)
			db.Exec(t, `create table sales (id bigint primary key, item text, qty int, day date, items text, status text)`)
			db.Exec(t, `alter table sales replica identity `+identity)
			f := follow(t, db, cfg)
			db.Exec(t, `insert into sales select i, 'p1', i, '2024-02-29', `+large+`, 'new' from generate_series(1, 3) i`)
			db.Exec(t, `update sales set status = 'paid'`)
			f.equals(t, db, stockSQL, lines)

			db.Exec(t, `insert into sales select 9, `+large+`, 1, '2024-02-29'`)
			db.Exec(t, `update sales set status = 'paid', qty = 2`)
			if identity == "full" {
				f.equals(t, db, stockSQL, lines)
				return
			}
			if err := f.broken(t); !errors.Is(err, mapping.ErrToast) || !NeedsSnapshot(err) {
				t.Errorf("got %v, want ErrToast", err)
			}
		})
	}
}

// TestIdleFollowerMoves: while only other tables and other databases are
// written, the slot follows the log, so that the server can remove it.
func TestIdleFollowerMoves(t *testing.T) {
	t.Parallel()
	db, _ := orderstest.Shop(t)
	other := orderstest.New(t)
	f := follow(t, db, DefaultConfig())
	for _, busy := range []orderstest.DB{db, other} {
		busy.Exec(t, `create table noise as select i, repeat('x', 100) from generate_series(1, 20000) i`)
		target := flushed(t, db)
		poll.Eventually(t, "the slot follows", func() bool {
			status, err := f.source.SlotStatus(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return status.ConfirmedFlush >= target
		})
	}
	if f.changes != 0 {
		t.Errorf("got %d changes of no table of ours", f.changes)
	}
}

// TestUnappliedIsNeverConfirmed: what was not acknowledged is sent again,
// although keepalives passed meanwhile and the stream ended well.
func TestUnappliedIsNeverConfirmed(t *testing.T) {
	t.Parallel()
	db, store := orderstest.Shop(t)
	orderstest.Stock(t, store, map[string]int64{"p1": 10})
	f := &follower{mirror: newMirror(), source: NewSource(DefaultConfig(), db.URL)}
	t.Cleanup(f.source.Close)
	f.snapshot(t)
	f.streamInto(t, f.start, f.apply) // never acknowledges
	orderstest.Place(t, store, orderstest.Order("1", "p1"))
	db.Exec(t, `create table noise as select i from generate_series(1, 1000) i`)
	f.caughtUp(t, db)
	reports := `select coalesce(reply_time::text, '') from pg_stat_replication where application_name = $1`
	for range 3 {
		last := orderstest.Value[string](t, db, reports, f.source.name)
		poll.Eventually(t, "another report", func() bool { return orderstest.Value[string](t, db, reports, f.source.name) != last })
	}
	f.stop(t)
	status, err := f.source.SlotStatus(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if status.ConfirmedFlush > f.start {
		t.Errorf("confirmed %v, want at most %v", status.ConfirmedFlush, f.start)
	}
	clear(f.rows[KindLine])
	f.mirror.at = f.start
	f.stream(t, f.start)
	f.equals(t, db, stockSQL, linesSQL)
}

// TestLargeTransaction: a transaction much larger than all queues, and a
// consumer that stands still for longer than the server's patience, need no
// second attempt.
func TestLargeTransaction(t *testing.T) {
	t.Parallel()
	db, store := orderstest.Shop(t)
	orderstest.Stock(t, store, map[string]int64{"p1": 10})
	orderstest.Place(t, store, orderstest.Order("1", "p1"))
	db.Exec(t, `do $$ begin execute format('alter database %I set wal_sender_timeout = ''10s''', current_database()); end $$`)
	f := &follower{mirror: newMirror(), source: NewSource(DefaultConfig(), db.URL)}
	t.Cleanup(f.source.Close)
	f.snapshot(t)
	before := f.changes
	const rows = 100_000
	db.Exec(t, `insert into order_lines (order_id, line_no, product_id, quantity, status)
		select id, i, 'p' || i % 100, 1, 'placed' from orders, generate_series(2, $1 + 1) i`, rows)
	release := make(chan struct{})
	f.streamInto(t, f.start, func(c Change) error {
		<-release
		if c.Op == OpCommit {
			f.source.Acknowledge(c.LSN)
		}
		return f.apply(c)
	})
	poll.Eventually(t, "the server to outlive its timeout twice", func() bool {
		return orderstest.Value[bool](t, db, `select coalesce((select clock_timestamp() - backend_start > interval '21 s'
			from pg_stat_replication where application_name = $1), false)`, f.source.name)
	})
	close(release)
	f.equals(t, db, stockSQL, linesSQL)
	if got := f.changes - before; got != rows {
		t.Errorf("got %d changes, want each of %d rows once", got, rows)
	}
}

// TestSnapshotSince: lines before since are left out of the snapshot.
func TestSnapshotSince(t *testing.T) {
	t.Parallel()
	db, store := orderstest.Shop(t)
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	var rows []orders.OrderRow
	for day := range 10 {
		rows = append(rows, orders.OrderRow{
			Customer: "c", CreatedAt: now.AddDate(0, 0, -day), Lines: []orders.PlaceLine{{Product: "p1", Quantity: 1}},
		})
	}
	if _, _, err := store.LoadOrders(t.Context(), rows); err != nil {
		t.Fatal(err)
	}
	source := NewSource(DefaultConfig(), db.URL)
	t.Cleanup(source.Close)
	m := newMirror()
	start, err := source.Snapshot(t.Context(), now.AddDate(0, 0, -4), m.apply)
	if err != nil {
		t.Fatal(err)
	}
	if got := len(m.rows[KindLine]); got != 5 {
		t.Errorf("got %d lines, want 5", got)
	}
	status, err := source.SlotStatus(t.Context())
	if err != nil || status.ConfirmedFlush != start || status.Active {
		t.Errorf("slot is %+v, %v; want it at %v and free", status, err, start)
	}
}

// TestPositionCoversOrder: a follower that has reached the position that came
// with an order has been handed the order.
func TestPositionCoversOrder(t *testing.T) {
	t.Parallel()
	db, store := orderstest.Shop(t)
	orderstest.Stock(t, store, map[string]int64{"p1": 1000, "p2": 1000})
	f := follow(t, db, DefaultConfig())
	var group errgroup.Group
	for w := range 4 {
		group.Go(func() error {
			for i := range 25 {
				result, err := store.PlaceOrder(t.Context(), orderstest.Order(fmt.Sprintf("%d-%d", w, i), fmt.Sprintf("p%d", 1+w%2)))
				if err != nil {
					return err
				}
				poll.Eventually(t, "the position is reached", func() bool { return f.position() >= result.LSN })
				if _, ok := f.copyOf(KindLine)[string(result.Order.ID)+"\x1f1"]; !ok {
					return fmt.Errorf("order %s is not there at %v", result.Order.ID, result.LSN)
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		t.Error(err)
	}
}
