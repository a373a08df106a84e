package indexer

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/aisle-search/aisle/indexer/progress"
	"github.com/aisle-search/aisle/internal/devdb"
)

// ownServers are two servers that a test may stop, with an oplog of few entries, a
// short wal_sender_timeout and a database of the name that rigs want.
func ownServers(t *testing.T) *devdb.Databases {
	t.Helper()
	db, err := devdb.Start(t.Context(), devdb.Options{
		MongoArgs:        []string{"--oplog-max-entries", "200", "--enable-test-commands"},
		PostgresSettings: []string{"wal_sender_timeout=10s"},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	conn, err := pgx.Connect(t.Context(), db.PostgresURL)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(t.Context(), "create database aisle_test_own"); err != nil {
		t.Fatal(err)
	}
	if err := conn.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, uri := range []*string{&db.MongoURI, &db.PostgresURL} {
		*uri = strings.Replace(*uri, "/shop?", "/aisle_test_own?", 1)
	}
	return db
}

// What only a server of one's own can be made to do: it forgets its history, it
// breaks off streams for good, it is stopped, killed and started again.
func TestServers(t *testing.T) {
	t.Parallel()
	db := ownServers(t)
	r := newRigAt(t, db)
	for _, id := range []string{"P1", "P2", "P3"} {
		r.put(id)
		r.stock(id, 1)
	}
	r.start()
	r.settle()
	t.Run("history lost while off", func(t *testing.T) { r.t = t; r.historyLost() })
	for _, code := range []int{286, 280} {
		t.Run(fmt.Sprint("error ", code), func(t *testing.T) { r.t = t; r.streamFails(code) })
	}
	for name, stop := range map[string]func() error{
		"MongoDB stopped": db.StopMongo, "MongoDB killed": db.KillMongo,
		"Postgres stopped": db.StopPostgres, "Postgres killed": db.KillPostgres,
	} {
		t.Run(name, func(t *testing.T) { r.t = t; r.restarted(db, stop) })
	}
	t.Run("one long transaction", func(t *testing.T) { r.t = t; r.longTransaction() })
	r.t = t
}

// historyLost: the stored position has rolled out of the server's history while Aisle
// was off. In the gap one product comes, one changes, one goes.
func (r *rig) historyLost() {
	r.kill()
	r.put("P4")
	r.set("P1", "price", 9)
	r.remove("P3")
	r.overflow()
	r.start()
	r.wantIDs("P1", "P2", "P4")
	r.settle()
	r.wantLost(1)
}

// overflow writes more to another collection than the server's history holds.
func (r *rig) overflow() {
	r.t.Helper()
	var docs []any
	for i := range 1500 {
		docs = append(docs, bson.D{{Key: "n", Value: i}})
	}
	if _, err := r.products.Database().Collection("other").InsertMany(r.t.Context(), docs); err != nil {
		r.t.Fatal(err)
	}
}

// wantLost holds that the catalogue's position was lost so often since the start,
// which was then rebuilt once for each.
func (r *rig) wantLost(n float64) {
	r.t.Helper()
	r.idle()
	if got := counted(r.t, r.p.x.metrics.lost.WithLabelValues(progress.SourceCatalog)); got != n {
		r.t.Errorf("positions lost: got %v, want %v", got, n)
	}
	if got := counted(r.t, r.p.x.metrics.rebuilds.WithLabelValues(progress.Done)); got != n {
		r.t.Errorf("rebuilds: got %v, want %v", got, n)
	}
}

// streamFails: the server breaks off the running stream with a code that says that it
// cannot be taken up again.
func (r *rig) streamFails(code int) {
	before := counted(r.t, r.p.x.metrics.lost.WithLabelValues(progress.SourceCatalog))
	err := r.products.Database().Client().Database("admin").RunCommand(r.t.Context(), bson.D{
		{Key: "configureFailPoint", Value: "failCommand"}, {Key: "mode", Value: bson.D{{Key: "times", Value: 1}}},
		{Key: "data", Value: bson.D{
			{Key: "failCommands", Value: bson.A{"getMore"}}, {Key: "errorCode", Value: code}, {Key: "appName", Value: "aisle"},
		}},
	}).Err()
	if err != nil {
		r.t.Fatal(err)
	}
	r.set("P1", "price", code)
	r.eventually("the loss is counted and healed", func() string {
		s := r.p.x.Status()
		if counted(r.t, r.p.x.metrics.lost.WithLabelValues(progress.SourceCatalog)) == before || s.Sources[0].State != progress.StateStreaming {
			return fmt.Sprintf("%+v", s)
		}
		return ""
	})
	r.settle()
	r.wantLost(before + 1)
}

// restarted: a server goes away and comes back, on the same port with the same data.
// What is served stays, and what was written before and after is all there.
func (r *rig) restarted(db *devdb.Databases, stop func() error) {
	r.put("P5", "price", 1)
	r.stock("P5", 1)
	// MongoDB hands out only what outlives a crash; the development server, killed, may
	// forget what it has handed out, so it is told to write it first.
	admin := r.products.Database().Client().Database("admin")
	if err := admin.RunCommand(r.t.Context(), bson.D{{Key: "fsync", Value: 1}}).Err(); err != nil {
		r.t.Fatal(err)
	}
	served := len(r.ids())
	if err := stop(); err != nil {
		r.t.Fatal(err)
	}
	r.eventually("one source is away", func() string {
		s := r.p.x.Status()
		for _, source := range s.Sources {
			if !source.Connected || source.Lag > 0 {
				return ""
			}
		}
		return fmt.Sprintf("%+v", s)
	})
	if got := len(r.ids()); got < served {
		r.t.Errorf("products served meanwhile: got %d, want %d", got, served)
	}
	ctx := context.WithoutCancel(r.t.Context())
	if err := db.StartMongo(ctx); err != nil && !strings.Contains(err.Error(), "running") {
		r.t.Fatal(err)
	}
	if err := db.StartPostgres(ctx); err != nil && !strings.Contains(err.Error(), "running") {
		r.t.Fatal(err)
	}
	lost := counted(r.t, r.p.x.metrics.lost.WithLabelValues(progress.SourceOrders))
	r.eventually("the databases take connections", func() string {
		if _, err := r.sql.Exec(r.t.Context(), "select 1"); err != nil {
			return err.Error()
		}
		return ""
	})
	r.set("P5", "price", 2)
	r.remove("P2")
	r.put("P2", "price", 3)
	r.stock("P5", 2)
	r.settle()
	if got := counted(r.t, r.p.x.metrics.lost.WithLabelValues(progress.SourceOrders)); got != lost {
		r.t.Errorf("positions of orders lost: got %v, want %v", got, lost)
	}
}

// longTransaction: 200,000 rows in one transaction, under a short wal_sender_timeout,
// come in one go.
func (r *rig) longTransaction() {
	const rows = 200_000
	before := r.sender()
	r.exec(`with o as (insert into orders (id, customer, status) values (gen_random_uuid(), 'c', 'placed') returning id)
		insert into order_lines (order_id, line_no, product_id, quantity, status)
		select id, n, 'P' || n % 5, 1, 'placed' from o, generate_series(1, $1::int) n`, rows)
	r.settle()
	if after := r.sender(); before != after {
		r.t.Errorf("the server's sender: got process %d, want %d still: the stream was begun anew", after, before)
	}
}

// sender is the server's process that sends to the orders' stream, once there is one.
func (r *rig) sender() (pid int) {
	r.t.Helper()
	r.eventually("orders are streamed", func() string {
		const active = `select active_pid from pg_replication_slots where slot_name = $1 and active`
		if err := r.sql.QueryRow(r.t.Context(), active, r.p.orders.Slot()).Scan(&pid); err != nil {
			return err.Error()
		}
		return ""
	})
	return pid
}
