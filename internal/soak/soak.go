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

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/aisle-search/aisle/internal/client"
	"github.com/aisle-search/aisle/internal/devdb"
	"github.com/aisle-search/aisle/internal/historycheck"
	"github.com/aisle-search/aisle/internal/historycheck/drive"
	"github.com/aisle-search/aisle/internal/shop"
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
	pollEvery    = 20 * time.Millisecond
	callTimeout  = time.Minute
)

// run is one soak.
type run struct {
	config  Config
	db      *devdb.Databases
	nodes   []*node
	shop    *shop.Shop
	http    *http.Client
	drive   *drive.Drive
	initial []bson.Raw // the products as they were loaded
	ids     []string   // of them
	known   map[string]bool
	rng     *rand.Rand // of the faults, for one goroutine

	mu     sync.Mutex // guards report
	report Report
}

// Run soaks. The report tells violations; an error is of the soak itself.
func Run(ctx context.Context, c Config) (report Report, err error) {
	r := &run{
		config: c, rng: rand.New(rand.NewPCG(c.Seed, 0)), known: map[string]bool{}, report: newReport(c),
		http: client.Pool(32, callTimeout),
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
	defer r.shop.Close()
	defer r.stopNodes()
	if err := r.startNodes(ctx, dir); err != nil {
		return r.report, err
	}
	err = r.soak(ctx)
	return r.report, err
}

func (r *run) connect(ctx context.Context) (err error) {
	r.shop, err = shop.Open(ctx, shop.Place{
		MongoURI: r.db.MongoURI, PostgresURL: r.db.PostgresURL, Collection: r.config.Collection, Patience: 3 * time.Second,
	})
	if err != nil {
		return err
	}
	if r.initial, err = r.shop.Documents(ctx); err == nil {
		r.ids, err = r.shop.IDs(ctx)
	}
	if err == nil {
		_, err = r.shop.SQL.Exec(ctx, `CREATE TABLE soak_stock AS SELECT product_id, on_hand FROM stock`)
	}
	if err != nil {
		r.shop.Close()
		return err
	}
	for _, id := range r.ids {
		r.known[id] = true
	}
	return nil
}

// soak runs everything and proves.
func (r *run) soak(ctx context.Context) error {
	r.drive = drive.Start(ctx, drive.Config{
		Shop: r.shop, Nodes: r.serving, Writers: 2, Readers: 3, Every: historyEvery, Seed: r.config.Seed,
	})
	crew := shop.NewCrew(ctx, r.config.Seed)
	r.churn(crew)
	for n := range searchers {
		crew.Hire(uint64(n+101), searchEvery, func(ctx context.Context, rng *rand.Rand) error {
			r.search(context.WithoutCancel(ctx), rng)
			return nil
		})
	}
	err := r.faults(ctx)
	_ = crew.Stop() // nobody in it fails
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
		for _, line := range append(n.alarms, n.server.Alarms()...) {
			r.violate("%s's log says %s", n.name, line)
		}
	}
}

func (r *run) say(format string, args ...any) {
	if r.config.Log != nil {
		r.config.Log(fmt.Sprintf(format, args...))
	}
}
