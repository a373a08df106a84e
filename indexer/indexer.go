package indexer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"github.com/aisle-search/aisle/catalog"
	"github.com/aisle-search/aisle/indexer/consistency"
	"github.com/aisle-search/aisle/indexer/deadletter"
	"github.com/aisle-search/aisle/indexer/drift"
	"github.com/aisle-search/aisle/indexer/ledger"
	"github.com/aisle-search/aisle/indexer/mapping"
	"github.com/aisle-search/aisle/indexer/progress"
	"github.com/aisle-search/aisle/indexer/rebuild"
	"github.com/aisle-search/aisle/search"
)

// Config says what an Indexer works with. The first group is needed.
type Config struct {
	Dir       string // data folder: the ledger and the dead letters live there
	Store     *search.Store
	Schema    *catalog.Schema
	Catalog   catalogSource  // a *catalog.Source
	Documents documentReader // a *catalog.Store
	Orders    ordersSource   // a *replication.Source

	Now        func() time.Time      // default time.Now
	Logger     *slog.Logger          // default slog.Default
	Registerer prometheus.Registerer // default: metrics are counted and not shown
	// VerifyEvery is how often index and sources are compared by the clock.
	// Default: never.
	VerifyEvery time.Duration

	// WALWarning is how much log, in bytes, the slot may hold back before the log and
	// the status warn. Default 1 GiB.
	WALWarning int64
	// Gate is what a new generation must pass, beside holding what the catalogue does.
	Gate Gate

	wrap func(generations) generations // tests put faults between
}

// Indexer keeps the index true to its sources.
type Indexer struct {
	cfg          Config
	store        generations
	searchSchema search.Schema
	ledger       *ledger.Ledger
	letters      *deadletter.Store
	metrics      *metrics
	history      progress.History
	frontier     *consistency.Frontier

	catalog        *progress.Meter
	catalogLoop    *loop
	catalogStopped atomic.Bool   // the serving generation waits for a rebuild
	commits        sync.Mutex    // held while the serving generation is changed or swapped
	declined       atomic.Uint64 // the generation that serves although another schema would have it rebuilt
	rebuilder      *rebuild.Queue
	rebuildSaid    string // why the last one ended early; used by the rebuilder only
	checker        *drift.Checker
	yields         prometheus.Counter
	setAside       *prometheus.CounterVec
	damaged        []string // what was found so at start, beside the index

	orders     *progress.Meter
	ordersLoop *loop
	ordersLost bool // used by the session only
	// readingOrders: all rows are being read, or tried to. Used by the session only.
	readingOrders bool
	publishing    sync.Mutex // held while the ledger changes and signals follow it
	ordersStored  time.Time  // when a position was last made durable; guarded by publishing
}

// New opens the ledger and the dead letters, and makes known signals visible. It
// asks the sources nothing.
func New(cfg Config) (*Indexer, error) {
	if cfg.Store == nil {
		return nil, errors.New("indexer: no store is given")
	}
	var s generations = store{cfg.Store}
	if cfg.wrap != nil {
		s = cfg.wrap(s)
	}
	return newIndexer(cfg, s)
}

func newIndexer(cfg Config, s generations) (*Indexer, error) {
	if cfg.Schema == nil || cfg.Catalog == nil || cfg.Documents == nil || cfg.Orders == nil || cfg.Dir == "" {
		return nil, errors.New("indexer: folder, schema, catalogue and orders must all be given")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	if cfg.WALWarning == 0 {
		cfg.WALWarning = 1 << 30
	}
	x := &Indexer{
		cfg: cfg, store: s, searchSchema: mapping.SearchSchema(cfg.Schema),
		metrics: newMetrics(), frontier: consistency.NewFrontier(), rebuilder: rebuild.NewQueue(cfg.Now),
		yields: rebuild.NewYieldCounter(), setAside: newSetAsideCounter(),
		catalog: progress.NewMeter(progress.SourceCatalog, cfg.Now, cfg.Logger),
		orders:  progress.NewMeter(progress.SourceOrders, cfg.Now, cfg.Logger),
	}
	x.catalogLoop = newLoop(x.catalog, x.catalogSession, catalogNeedsOperator)
	x.ordersLoop = newLoop(x.orders, x.ordersSession, ordersNeedOperator)
	if err := x.open(); err != nil {
		return nil, errors.Join(err, x.close())
	}
	return x, nil
}

func (x *Indexer) open() (err error) {
	if x.ledger, err = ledger.Open(filepath.Join(x.cfg.Dir, "signals.db"), x.cfg.Now); err != nil {
		return err
	}
	x.letters, err = deadletter.Open(filepath.Join(x.cfg.Dir, "deadletters.db"), deadletter.DefaultCount, deadletter.DefaultBytes)
	if err != nil {
		return err
	}
	x.checker = drift.New(drift.Config{
		Store: x.cfg.Store, Schema: x.cfg.Schema, Catalog: x.cfg.Catalog, Documents: x.cfg.Documents, Orders: x.cfg.Orders,
		Ledger: x.ledger, Pipeline: compared{x}, Now: x.cfg.Now, Logger: x.cfg.Logger, Every: x.cfg.VerifyEvery,
	})
	x.sayDamage()
	if err := x.showSignals(); err != nil {
		return err
	}
	if x.cfg.Registerer == nil {
		return nil
	}
	for _, c := range append(x.metrics.collectors(), progress.NewCollector(x.Status), x.checker.Gauge(), x.yields, x.setAside) {
		if err := x.cfg.Registerer.Register(c); err != nil {
			return fmt.Errorf("register metrics: %w", err)
		}
	}
	return nil
}

// sayDamage says which files were found damaged and moved aside, and has what they
// held read anew.
func (x *Indexer) sayDamage() {
	if why := x.cfg.Store.SetAside(); why != "" {
		x.setAside.WithLabelValues("index").Inc() // the store has logged it
	}
	if aside := x.ledger.Aside(); aside != "" {
		x.damage("signals", "stock and sales were damaged, moved to "+aside+", and are read anew")
	}
	if aside := x.letters.Aside(); aside != "" {
		x.damage("dead-letters", "dead letters were damaged and moved to "+aside+"; a rebuild finds them anew")
		x.rebuilder.Want("the dead letters were damaged")
	}
}

func (x *Indexer) damage(part, what string) {
	x.damaged = append(x.damaged, what)
	x.setAside.WithLabelValues(part).Inc()
	x.cfg.Logger.Warn(what)
}

// showSignals makes what the ledger holds visible.
func (x *Indexer) showSignals() error {
	lsn, known, err := x.ledger.Position()
	if err != nil || !known {
		return err
	}
	if err := x.ledger.Each(func(signals []search.Signal) error {
		x.store.SetSignals(signals, encodeLSN(lsn))
		return nil
	}); err != nil {
		return fmt.Errorf("read signals: %w", err)
	}
	x.frontier.AdvanceOrders(lsn)
	return nil
}

// Run follows the sources until ctx ends, and closes what New opened. It is
// called once. The store is not closed.
func (x *Indexer) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	for _, work := range []func(context.Context){
		x.catalogLoop.run, x.ordersLoop.run, x.probeCatalog, x.probeOrders,
		func(ctx context.Context) { x.rebuilder.Run(ctx, x.countedRebuild, x.rebuildFailed) },
		func(ctx context.Context) { x.history.Run(ctx, x.Status) }, x.checker.Run,
	} {
		g.Go(func() error {
			work(ctx)
			return nil
		})
	}
	g.Go(func() error { return x.tendLedger(ctx) })
	return errors.Join(g.Wait(), x.close())
}

// Close closes what New opened, for an Indexer that is never run.
func (x *Indexer) Close() error { return x.close() }

func (x *Indexer) close() error {
	var errs []error
	if x.ledger != nil {
		errs = append(errs, x.ledger.Close())
	}
	if x.letters != nil {
		errs = append(errs, x.letters.Close())
	}
	return errors.Join(errs...)
}

func (x *Indexer) countedRebuild(ctx context.Context, want rebuild.Request) error {
	if x.rebuildSaid == "" {
		x.cfg.Logger.Info(want.Kind + " begins")
	}
	err := x.rebuild(ctx, want)
	switch {
	case err == nil:
		x.metrics.rebuilds.WithLabelValues(progress.Done).Inc()
		x.rebuildSaid = ""
		x.cfg.Logger.Info(want.Kind+" is done and serves", "documents", x.servedDocuments())
	case errors.Is(err, rebuild.ErrRefused):
		x.metrics.rebuilds.WithLabelValues(progress.Refused).Inc()
	case ctx.Err() != nil:
		x.metrics.rebuilds.WithLabelValues(progress.Stopped).Inc()
	default:
		x.metrics.rebuilds.WithLabelValues(progress.Failed).Inc()
	}
	return err
}

// rebuildFailed says why nothing follows the catalogue, where that is so.
func (x *Indexer) rebuildFailed(err error) {
	if said := err.Error(); x.rebuildSaid != said { // it may be tried again every second
		x.rebuildSaid = said
		x.cfg.Logger.Warn("rebuild ended early, the serving index stays", "reason", err)
	}
	if x.catalogStopped.Load() {
		x.catalog.Enter(progress.StateBroken, "a rebuild is needed: "+err.Error())
	}
}
