package replication

import (
	"context"
	"errors"
	"io"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aisle-search/aisle/internal/devdb"
	"github.com/aisle-search/aisle/internal/poll"
	"github.com/aisle-search/aisle/orders/mapping"
	"github.com/aisle-search/aisle/orders/orderstest"
	"golang.org/x/sync/errgroup"
)

// TestSlotLost: a slot that was dropped, while the follower was away or at work,
// is reported as lost and never silently made anew; a snapshot heals it.
func TestSlotLost(t *testing.T) {
	t.Parallel()
	db, store := orderstest.Shop(t)
	orderstest.Stock(t, store, map[string]int64{"p1": 100})
	f := follow(t, db, DefaultConfig())
	orderstest.Place(t, store, orderstest.Order("1", "p1"))
	f.caughtUp(t, db)
	f.stop(t)
	orderstest.Place(t, store, orderstest.Order("2", "p1"))
	if err := f.source.DropSlot(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := f.source.Stream(t.Context(), f.position(), f.apply); !errors.Is(err, ErrSlotLost) || !NeedsSnapshot(err) {
		t.Fatalf("got %v, want ErrSlotLost", err)
	}
	if _, err := f.source.SlotStatus(t.Context()); !errors.Is(err, ErrSlotLost) {
		t.Errorf("status: got %v, want ErrSlotLost", err)
	}
	if err := f.source.DropSlot(t.Context()); err != nil {
		t.Errorf("drop again: %v", err)
	}
	f.snapshot(t)
	f.stream(t, f.start)
	f.equals(t, db, stockSQL, linesSQL)

	poll.Eventually(t, "the slot is dropped", func() bool { // the stream may only be about to take it
		db.Exec(t, `select pg_terminate_backend(active_pid) from pg_replication_slots where slot_name = $1`, f.source.Slot())
		_, err := db.Pool.Exec(t.Context(), `select pg_drop_replication_slot($1)`, f.source.Slot())
		return err == nil
	})
	_ = f.broken(t) // which error it is depends on where the stream was
	if err := f.source.Stream(t.Context(), f.position(), f.apply); !errors.Is(err, ErrSlotLost) {
		t.Errorf("got %v, want ErrSlotLost", err)
	}
}

// TestSlotAhead: a position older than what the slot has confirmed cannot be
// continued, nor one that the server has not reached.
func TestSlotAhead(t *testing.T) {
	t.Parallel()
	db, store := orderstest.Shop(t)
	f := follow(t, db, DefaultConfig())
	orderstest.Stock(t, store, map[string]int64{"p1": 100})
	f.caughtUp(t, db)
	poll.Eventually(t, "the slot moves", func() bool {
		status, err := f.source.SlotStatus(t.Context())
		return err == nil && status.ConfirmedFlush > f.start
	})
	f.stop(t)
	if err := f.source.Stream(t.Context(), f.start, f.apply); !errors.Is(err, ErrSlotAhead) || !NeedsSnapshot(err) {
		t.Errorf("got %v, want ErrSlotAhead", err)
	}
	if err := f.source.Stream(t.Context(), flushed(t, db)+1<<40, f.apply); !errors.Is(err, ErrSlotLost) {
		t.Errorf("got %v, want ErrSlotLost", err)
	}
}

// TestNodes: two nodes follow the same database; a second process that takes the
// first one's name is told so and does it no harm.
func TestNodes(t *testing.T) {
	t.Parallel()
	db, store := orderstest.Shop(t)
	one, two := DefaultConfig(), DefaultConfig()
	one.Node, two.Node = "one", "two"
	first, second := follow(t, db, one), follow(t, db, two)
	poll.Eventually(t, "the first one streams", func() bool {
		status, err := first.source.SlotStatus(t.Context())
		return err == nil && status.Active
	})
	twin := NewSource(one, db.URL)
	t.Cleanup(twin.Close)
	var busy *SlotBusyError
	if err := twin.Stream(t.Context(), flushed(t, db), first.apply); !errors.Is(err, ErrSlotBusy) || !errors.As(err, &busy) || busy.PID == 0 {
		t.Errorf("got %v, want ErrSlotBusy with a process", err)
	}
	if _, err := twin.Snapshot(t.Context(), time.Time{}, first.apply); !errors.Is(err, ErrSlotBusy) {
		t.Errorf("got %v, want ErrSlotBusy", err)
	}
	if err := first.source.Stream(t.Context(), flushed(t, db), first.apply); !errors.Is(err, ErrSlotBusy) {
		t.Errorf("got %v, want ErrSlotBusy", err)
	}
	orderstest.Stock(t, store, map[string]int64{"p1": 100})
	first.equals(t, db, stockSQL, linesSQL)
	second.equals(t, db, stockSQL, linesSQL)
}

// TestNetworkCut: the connection is cut so that the server cannot know; the next
// Stream of the same follower takes the slot back and goes on.
func TestNetworkCut(t *testing.T) {
	t.Parallel()
	db, store := orderstest.Shop(t)
	wire := newProxy(t, db.URL)
	f := &follower{mirror: newMirror(), source: NewSource(DefaultConfig(), wire.url)}
	t.Cleanup(f.source.Close)
	f.snapshot(t)
	f.stream(t, f.start)
	orderstest.Stock(t, store, map[string]int64{"p1": 100})
	f.caughtUp(t, db)
	wire.cut()
	f.stop(t)
	orderstest.Stock(t, store, map[string]int64{"p1": 50})
	if !orderstest.Value[bool](t, db, `select active from pg_replication_slots where slot_name = $1`, f.source.Slot()) {
		t.Error("the server has noticed the cut: this tests nothing")
	}
	f.stream(t, f.position())
	f.equals(t, db, stockSQL, linesSQL)
	f.stop(t)
	wire.closeAll()
}

// proxy forwards connections until it is cut: those that are open then carry
// nothing more and stay open on the server's side.
type proxy struct {
	url    string
	target string
	frozen atomic.Pointer[chan struct{}]
	mu     sync.Mutex // guards conns
	conns  []net.Conn
}

func newProxy(t *testing.T, target string) *proxy {
	t.Helper()
	u, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{target: u.Host}
	p.thaw()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	u.Host = listener.Addr().String()
	p.url = u.String()
	var group errgroup.Group
	group.Go(func() error { return p.accept(listener, &group) })
	t.Cleanup(func() {
		listener.Close()
		p.closeAll()
		_ = group.Wait() // a target that is gone is what some tests want
	})
	return p
}

func (p *proxy) thaw() {
	open := make(chan struct{})
	p.frozen.Store(&open)
}

// cut freezes what is open; new connections are forwarded.
func (p *proxy) cut() {
	old := p.frozen.Load()
	p.thaw()
	close(*old)
}

func (p *proxy) accept(listener net.Listener, group *errgroup.Group) error {
	for {
		client, err := listener.Accept()
		if err != nil {
			return nil // closed by the test
		}
		server, err := net.Dial("tcp", p.target)
		if err != nil {
			return err
		}
		p.mu.Lock()
		p.conns = append(p.conns, client, server)
		p.mu.Unlock()
		frozen := *p.frozen.Load()
		group.Go(func() error { return pump(server, client, frozen) })
		group.Go(func() error { return pump(client, server, frozen) })
	}
}

// pump copies; it passes the end on only if the wire was not cut.
func pump(to, from net.Conn, frozen <-chan struct{}) error {
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		select {
		case <-frozen:
			return nil
		default:
		}
		if n > 0 {
			if _, err := to.Write(buf[:n]); err != nil {
				return nil
			}
		}
		if err != nil {
			if tcp, ok := to.(*net.TCPConn); ok && errors.Is(err, io.EOF) {
				_ = tcp.CloseWrite() // it may be closed already
			}
			return nil
		}
	}
}

func (p *proxy) closeAll() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, conn := range p.conns {
		conn.Close()
	}
}

// TestRenamedBeforeCheck: a column renamed between the look at the tables and the
// look at the publication is no filter.
func TestRenamedBeforeCheck(t *testing.T) {
	t.Parallel()
	db, _ := orderstest.Shop(t)
	source := NewSource(DefaultConfig(), db.URL)
	t.Cleanup(source.Close)
	p, err := source.prepare(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	db.Exec(t, `alter table order_lines rename line_no to position; alter table stock rename on_hand to pieces`)
	if gap, err := source.publicationGap(t.Context(), db.Pool, p); gap != "" || err != nil {
		t.Errorf("got %q, %v, want no gap", gap, err)
	}
	db.Exec(t, `alter publication aisle_publication set table order_lines, stock (product_id)`)
	if gap, err := source.publicationGap(t.Context(), db.Pool, p); !errors.Is(err, ErrPublication) {
		t.Errorf("few columns: got %q, %v, want ErrPublication", gap, err)
	}
}

// TestPublicationGap: rows written while the publication did not cover a table
// are never silently missed.
func TestPublicationGap(t *testing.T) {
	t.Parallel()
	for name, gap := range map[string]string{
		"dropped":      `drop publication aisle_publication`,
		"without":      `alter publication aisle_publication drop table stock`,
		"insert only":  `alter publication aisle_publication set (publish = 'insert')`,
		"filtered":     `alter publication aisle_publication set table order_lines, stock where (product_id <> 'p1')`,
		"few columns":  `alter publication aisle_publication set table order_lines, stock (product_id)`,
		"another":      `alter table stock rename to stock_old; create table stock (like stock_old including all)`,
		"truncate not": `alter publication aisle_publication set (publish = 'insert, update, delete')`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db, store := orderstest.Shop(t)
			orderstest.Stock(t, store, map[string]int64{"p1": 100, "p2": 5})
			f := follow(t, db, DefaultConfig())
			f.caughtUp(t, db)
			f.stop(t)
			db.Exec(t, gap)
			orderstest.Stock(t, store, map[string]int64{"p1": 50, "p3": 1})
			at := f.position()
			if err := f.source.Stream(t.Context(), at, f.apply); !NeedsSnapshot(err) && !NeedsOperator(err) {
				t.Fatalf("got %v, want one that asks for a snapshot or an operator", err)
			}
			if err := f.source.Prepare(t.Context()); err != nil {
				if !errors.Is(err, ErrPublication) {
					t.Errorf("prepare: got %v, want ErrPublication", err)
				}
				return
			}
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			if err := f.source.Stream(ctx, at, f.apply); !NeedsSnapshot(err) {
				t.Errorf("after repair: got %v, want one that asks for a snapshot", err)
			}
		})
	}
}

// TestTableReplacedMeanwhile: a mapped name that comes to mean another table
// ends the stream, also where the log says nothing about it.
func TestTableReplacedMeanwhile(t *testing.T) {
	t.Parallel()
	db, store := orderstest.Shop(t)
	f := follow(t, db, DefaultConfig())
	orderstest.Stock(t, store, map[string]int64{"p1": 1})
	f.caughtUp(t, db) // so it streams
	db.Exec(t, `alter table stock rename to stock_old; create table stock (like stock_old including all)`)
	if err := f.broken(t); !errors.Is(err, mapping.ErrTableReplaced) || !NeedsSnapshot(err) {
		t.Errorf("got %v, want ErrTableReplaced", err)
	}
}

// TestSlotInvalidated: a slot whose log the server has removed is lost, and a
// snapshot heals it.
func TestSlotInvalidated(t *testing.T) {
	t.Parallel()
	servers, err := devdb.Start(t.Context(), devdb.Options{
		MongoURI:         "mongodb://unused.invalid",
		PostgresSettings: []string{"max_slot_wal_keep_size=1MB", "min_wal_size=32MB", "max_wal_size=32MB"},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { servers.Close() })
	db := orderstest.Connect(t, servers.PostgresURL)
	store := db.Store(t)
	f := follow(t, db, DefaultConfig())
	f.stop(t)
	orderstest.Stock(t, store, map[string]int64{"p1": 5})
	poll.Eventually(t, "the log is removed", func() bool {
		db.Exec(t, `select pg_switch_wal()`)
		orderstest.Stock(t, store, map[string]int64{"p1": 6})
		orderstest.Stock(t, store, map[string]int64{"p1": 5})
		db.Exec(t, `checkpoint`)
		_, err := f.source.SlotStatus(t.Context())
		return errors.Is(err, ErrSlotLost)
	})
	if err := f.source.Stream(t.Context(), f.start, f.apply); !errors.Is(err, ErrSlotLost) {
		t.Errorf("got %v, want ErrSlotLost", err)
	}
	f.snapshot(t)
	f.stream(t, f.start)
	f.equals(t, db, stockSQL, linesSQL)
	f.stop(t)
}
