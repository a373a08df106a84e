package soak

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os/exec"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/x/mongo/driver/connstring"

	"github.com/aisle-search/aisle/internal/devdb"
	"github.com/aisle-search/aisle/internal/historycheck"
	"github.com/aisle-search/aisle/internal/historycheck/drive"
)

// Serve is how a node is started.
type Serve struct {
	Name, Dir             string // of the node; the folder is its own
	MongoURI, PostgresURL string
	FailAt                string // "" or "point=n": where it kills itself
}

// Config says how long and how hard.
type Config struct {
	Duration time.Duration
	Kills    int // at least so many, however long it takes
	Seed     uint64
	Nodes    int
	Faults   []string // of Faults(); nil is all
	Log      func(string)
	// Load fills the databases. dir is kept as long as they are.
	Load func(ctx context.Context, dir, mongoURI, postgresURL string) error
	// Command is the program that serves.
	Command func(Serve) (*exec.Cmd, error)
	// Collection holds the products.
	Collection string
}

// bounds of a run
const (
	writeEvery   = 8 * time.Millisecond
	searchEvery  = 15 * time.Millisecond
	historyEvery = 20 * time.Millisecond
	churnWriters = 3 // for each database
	searchers    = 3
	patience     = 2 * time.Minute // for a node to catch up
)

// run is one soak.
type run struct {
	config   Config
	db       *devdb.Databases
	nodes    []*node
	products *mongo.Collection
	sql      *pgxpool.Pool
	http     *http.Client
	drive    *drive.Drive
	initial  []bson.Raw // the products as they were loaded
	ids      []string   // of them
	known    map[string]bool
	rng      *rand.Rand // of the faults, for one goroutine

	mu     sync.Mutex // guards report
	report Report
}

// Run soaks. The report tells violations; an error is of the soak itself.
func Run(ctx context.Context, c Config) (report Report, err error) {
	r := &run{
		config: c, rng: rand.New(rand.NewPCG(c.Seed, 0)), known: map[string]bool{}, report: newReport(c),
		http: &http.Client{Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: 32}},
	}
	defer r.http.CloseIdleConnections()
	r.say("starting databases")
	if r.db, err = devdb.Start(ctx, devdb.Options{}); err != nil {
		return r.report, fmt.Errorf("start databases: %w", err)
	}
	defer func() { err = errors.Join(err, r.db.Close()) }()
	dir, err := r.db.Scratch()
	if err != nil {
		return r.report, err
	}
	if err := c.Load(ctx, dir, r.db.MongoURI, r.db.PostgresURL); err != nil {
		return r.report, fmt.Errorf("load: %w", err)
	}
	if err := r.connect(ctx); err != nil {
		return r.report, err
	}
	defer r.disconnect()
	defer r.stopNodes()
	if err := r.startNodes(ctx, dir); err != nil {
		return r.report, err
	}
	err = r.soak(ctx)
	return r.report, err
}

func (r *run) connect(ctx context.Context) error {
	uri, err := connstring.Parse(r.db.MongoURI)
	if err != nil {
		return err
	}
	client, err := mongo.Connect(options.Client().ApplyURI(r.db.MongoURI).SetServerSelectionTimeout(3 * time.Second))
	if err != nil {
		return err
	}
	r.products = client.Database(uri.Database).Collection(r.config.Collection)
	if r.sql, err = pgxpool.New(ctx, r.db.PostgresURL); err != nil {
		return err
	}
	found, err := r.products.Find(ctx, bson.D{})
	if err == nil {
		err = found.All(ctx, &r.initial)
	}
	if err != nil {
		return fmt.Errorf("read products: %w", err)
	}
	for _, d := range r.initial {
		if id, ok := d.Lookup("_id").StringValueOK(); ok {
			r.ids = append(r.ids, id)
			r.known[id] = true
		}
	}
	_, err = r.sql.Exec(ctx, `CREATE TABLE soak_stock AS SELECT product_id, on_hand FROM stock`)
	return err
}

func (r *run) disconnect() {
	if r.sql != nil {
		r.sql.Close()
	}
	_ = r.products.Database().Client().Disconnect(context.Background()) // nothing is left to lose
}

// soak runs everything and proves.
func (r *run) soak(ctx context.Context) error {
	working, stop := context.WithCancel(ctx)
	defer stop()
	r.drive = drive.Start(ctx, drive.Config{
		Products: r.products, SQL: r.sql, Nodes: r.serving, Writers: 2, Readers: 3, Every: historyEvery, Seed: r.config.Seed,
	})
	var workers sync.WaitGroup
	defer workers.Wait()
	for n := range 2 * churnWriters {
		r.loop(working, &workers, writeEvery, uint64(n+1), r.churnOf(n))
	}
	for n := range searchers {
		r.loop(working, &workers, searchEvery, uint64(n+101), r.search)
	}
	err := r.faults(ctx)
	stop()
	workers.Wait()
	history := r.drive.Stop()
	if err != nil {
		return err
	}
	r.say("proving")
	if err := r.prove(ctx); err != nil {
		return err
	}
	r.judge(history)
	return nil
}

// judge tells what the history of writers and readers breaks.
func (r *run) judge(history *historycheck.History) {
	r.report.HistoryWrites, r.report.HistoryReads = history.Counts()
	for _, v := range historycheck.Check(history) {
		r.violate("%s", v)
	}
	for _, n := range r.nodes {
		for _, line := range n.alarms() {
			r.violate("%s's log says %s", n.name, line)
		}
	}
}

// loop does a thing again and again until ctx ends. What was begun is finished.
func (r *run) loop(ctx context.Context, workers *sync.WaitGroup, every time.Duration, n uint64, do func(context.Context, *rand.Rand)) {
	rng := rand.New(rand.NewPCG(r.config.Seed, n))
	workers.Go(func() {
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				do(context.WithoutCancel(ctx), rng)
			}
		}
	})
}

func (r *run) say(format string, args ...any) {
	if r.config.Log != nil {
		r.config.Log(fmt.Sprintf(format, args...))
	}
}
