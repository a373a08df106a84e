package indexer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/aisle-search/aisle/catalog"
	"github.com/aisle-search/aisle/indexer/consistency"
	"github.com/aisle-search/aisle/indexer/progress"
	"github.com/aisle-search/aisle/internal/devdb"
	"github.com/aisle-search/aisle/orders"
	"github.com/aisle-search/aisle/orders/postgres"
	"github.com/aisle-search/aisle/orders/replication"
	"github.com/aisle-search/aisle/search"
	"github.com/aisle-search/aisle/search/analysis"
)

// deadline bounds every wait of the tests; none is expected to take it.
const deadline = 2 * time.Minute

const testSchema = `
collection: products
visibility: {path: status, values: ["on"]}
fields:
  title: {path: title, type: text, search: {weight: 3}, sort: true, display: true}
  brand: {path: brand, type: keyword, facet: true, display: true}
  price: {path: price, type: money, currency: EUR, minor_units: 2, unit: minor, facet: true, sort: true, display: true}
attributes:
  - {path: attrs, style: object}
attribute_weight: 1
`

// place is where a pipeline works: databases and data folder. It outlives the
// pipeline, and may be handed to another process.
type place struct {
	MongoURI, PostgresURL, Dir, Node, Schema string

	Partitions int           // of new generations; 0 means 2
	Language   string        // of the analysis
	Silence    time.Duration // of a database that is borne; 0: the default
}

// rig is a place with connections of its own and a pipeline that is on or off.
type rig struct {
	t        testing.TB
	at       place
	products *mongo.Collection
	sql      *pgxpool.Pool

	p *pipeline // nil while off
}

// pipeline is everything that one process would open.
type pipeline struct {
	x       *Indexer
	store   *search.Store
	catalog *catalog.Store
	orders  *replication.Source
	cancel  context.CancelFunc
	done    chan error
}

func newRig(t testing.TB) *rig {
	t.Helper()
	return newRigAt(t, devdb.ForTest(t))
}

// newRigAt works in databases that are named aisle_test_NODE.
func newRigAt(t testing.TB, db *devdb.Databases) *rig {
	t.Helper()
	if _, err := orders.Migrate(t.Context(), db.PostgresURL); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	schema := filepath.Join(dir, "schema.yaml")
	if err := os.WriteFile(schema, []byte(testSchema), 0o600); err != nil {
		t.Fatal(err)
	}
	name := db.MongoURI[strings.LastIndex(db.MongoURI, "aisle_test_"):]
	name, _, _ = strings.Cut(name, "?")
	r := connect(t, place{
		MongoURI: db.MongoURI, PostgresURL: db.PostgresURL, Schema: schema,
		Dir: filepath.Join(dir, "data"), Node: strings.TrimPrefix(name, "aisle_test_"),
	})
	if err := os.Mkdir(r.at.Dir, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.stop)
	return r
}

func connect(t testing.TB, at place) *rig {
	t.Helper()
	r, closeRig, err := connectChild(at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(closeRig)
	r.t = t
	return r
}

// connectChild connects to a place without a test.
func connectChild(at place) (r *rig, closeRig func(), err error) {
	client, err := mongo.Connect(options.Client().ApplyURI(at.MongoURI))
	if err != nil {
		return nil, nil, err
	}
	pool, err := pgxpool.New(context.Background(), at.PostgresURL)
	if err != nil {
		return nil, nil, errors.Join(err, client.Disconnect(context.Background()))
	}
	r = &rig{at: at, products: client.Database("aisle_test_" + at.Node).Collection("products"), sql: pool}
	return r, func() {
		pool.Close()
		_ = client.Disconnect(context.Background()) // nothing is left to do with it
	}, nil
}

// start turns the pipeline on. With change, a test may put something between it
// and the world.
func (r *rig) start(change ...func(*Config)) {
	r.t.Helper()
	p, err := openPipeline(r.t.Context(), r.at, change...)
	if err != nil {
		r.t.Fatal(err)
	}
	r.p = p
}

func openPipeline(ctx context.Context, at place, change ...func(*Config)) (p *pipeline, err error) {
	schema, err := catalog.LoadSchemaFile(at.Schema)
	if err != nil {
		return nil, err
	}
	p = &pipeline{done: make(chan error, 1)}
	if p.store, err = search.OpenStore(at.Dir, search.Options{
		Partitions: cmp.Or(at.Partitions, 2), Analysis: analysis.Options{Language: at.Language},
	}); err != nil {
		return nil, err
	}
	if p.catalog, err = catalog.Open(ctx, catalog.Config{URI: at.MongoURI, Schema: schema, AnswerTimeout: at.Silence}); err != nil {
		return nil, errors.Join(err, p.store.Close())
	}
	ordersConfig := replication.DefaultConfig()
	ordersConfig.Node = at.Node
	if at.Silence != 0 {
		ordersConfig.Silence = at.Silence
	}
	p.orders = replication.NewSource(ordersConfig, at.PostgresURL)
	cfg := Config{
		Dir: at.Dir, Store: p.store, Schema: schema, Catalog: catalog.NewSource(p.catalog),
		Documents: p.catalog, Orders: p.orders, Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	}
	if os.Getenv("INDEXER_TEST_LOG") != "" {
		cfg.Logger = slog.New(slog.NewTextHandler(os.Stderr, nil)).With("node", at.Node)
	}
	for _, c := range change {
		c(&cfg)
	}
	if p.x, err = New(cfg); err != nil {
		return nil, errors.Join(err, p.store.Close())
	}
	running, cancel := context.WithCancel(context.WithoutCancel(ctx))
	p.cancel = cancel
	go func() { p.done <- p.x.Run(running) }()
	return p, nil
}

func (p *pipeline) close() error {
	p.cancel()
	err := <-p.done
	p.orders.Close()
	return errors.Join(err, p.store.Close(), p.catalog.Close(context.Background()))
}

// stop turns the pipeline off. Every test ends with the checker, here.
func (r *rig) stop() {
	r.t.Helper()
	if r.p == nil {
		return
	}
	if !r.t.Failed() {
		r.settle()
	}
	r.kill()
}

// kill turns the pipeline off at once, whatever it is doing.
func (r *rig) kill() {
	r.t.Helper()
	if err := r.p.close(); err != nil {
		r.t.Errorf("close: %v", err)
	}
	r.p = nil
}

// eventually polls until ok says "", and shows what it said last.
func (r *rig) eventually(what string, ok func() string) {
	r.t.Helper()
	end := time.Now().Add(deadline)
	for {
		said := ok()
		if said == "" {
			return
		}
		if time.Now().After(end) {
			r.t.Fatalf("%s: %s", what, said)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// settle waits until the pipeline says that it has all, and holds it to that.
func (r *rig) settle() {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	if said := r.p.settle(ctx, r); said != "" {
		r.t.Fatal(said)
	}
}

func (p *pipeline) settle(ctx context.Context, r *rig) string {
	want, err := r.heads(ctx)
	if err != nil {
		return err.Error()
	}
	for ; !p.x.Status().Ready; time.Sleep(10 * time.Millisecond) {
		if ctx.Err() != nil {
			return fmt.Sprintf("no index serves: %+v", p.x.Status())
		}
	}
	if !p.x.WaitFor(ctx, want) {
		return fmt.Sprintf("want %+v, applied %+v, status %+v", want, p.x.Applied(), p.x.Status())
	}
	return r.check(ctx, p)
}

// heads is what a reader that has seen everything has seen.
func (r *rig) heads(ctx context.Context) (consistency.Token, error) {
	var t consistency.Token
	client := r.products.Database().Client()
	err := client.UseSession(ctx, func(ctx context.Context) error {
		if err := client.Database("admin").RunCommand(ctx, bson.D{{Key: "ping", Value: 1}}).Err(); err != nil {
			return err
		}
		if at := mongo.SessionFromContext(ctx).OperationTime(); at != nil {
			t.CatalogT, t.CatalogI = at.T, at.I
		}
		return nil
	})
	if err != nil {
		return t, err
	}
	var lsn string
	if err := r.sql.QueryRow(ctx, "select pg_current_wal_flush_lsn()::text").Scan(&lsn); err != nil {
		return t, err
	}
	parsed, err := postgres.ParseLSN(lsn)
	t.OrdersLSN = uint64(parsed)
	return t, err
}

// put writes a product as a shop would.
func (r *rig) put(id string, fields ...any) {
	r.t.Helper()
	doc := bson.D{{Key: "_id", Value: id}, {Key: "status", Value: "on"}, {Key: "title", Value: "product " + id}}
	for i := 0; i < len(fields); i += 2 {
		doc = append(doc, bson.E{Key: fields[i].(string), Value: fields[i+1]})
	}
	_, err := r.products.ReplaceOne(context.Background(), bson.D{{Key: "_id", Value: id}}, doc, options.Replace().SetUpsert(true))
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) set(id, field string, value any) {
	r.t.Helper()
	update := bson.D{{Key: "$set", Value: bson.D{{Key: field, Value: value}}}}
	if _, err := r.products.UpdateByID(context.Background(), id, update); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) remove(id string) {
	r.t.Helper()
	if _, err := r.products.DeleteOne(context.Background(), bson.D{{Key: "_id", Value: id}}); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) exec(sql string, args ...any) {
	r.t.Helper()
	if _, err := r.sql.Exec(context.Background(), sql, args...); err != nil {
		r.t.Fatalf("%s: %v", sql, err)
	}
}

func (r *rig) stock(id string, n int) {
	r.t.Helper()
	r.exec(`insert into stock (product_id, on_hand) values ($1, $2) on conflict (product_id) do update set on_hand = $2`, id, n)
}

// order writes an order of one line some days ago.
func (r *rig) order(product string, quantity, daysAgo int) {
	r.t.Helper()
	r.exec(`with o as (insert into orders (id, customer, status) values (gen_random_uuid(), 'c', 'placed') returning id)
		insert into order_lines (order_id, line_no, product_id, quantity, status, created_at)
		select id, 1, $1, $2, 'placed', now() - make_interval(days => $3) from o`, product, quantity, daysAgo)
}

// source is the state of one of the sources.
func (r *rig) source(name string) progress.Source {
	for _, s := range r.p.x.Status().Sources {
		if s.Name == name {
			return s
		}
	}
	return progress.Source{}
}

// ids gives the products that the index serves.
func (r *rig) ids() map[string]uint64 {
	ids := map[string]uint64{}
	if serving, ok := r.p.store.Serving(); ok {
		serving.IDs(func(id string, digest uint64) bool {
			ids[id] = digest
			return true
		})
	}
	return ids
}
