package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/aisle-search/aisle/catalog"
	"github.com/aisle-search/aisle/cmd/aisle/config"
	"github.com/aisle-search/aisle/cmd/aisle/flags"
	"github.com/aisle-search/aisle/cmd/aisle/reach"
	"github.com/aisle-search/aisle/cmd/aisle/upkeep"
	"github.com/aisle-search/aisle/indexer"
	"github.com/aisle-search/aisle/indexer/mapping"
	"github.com/aisle-search/aisle/internal/failpoint"
	"github.com/aisle-search/aisle/orders"
	"github.com/aisle-search/aisle/orders/lease"
	"github.com/aisle-search/aisle/orders/postgres"
	"github.com/aisle-search/aisle/orders/replication"
	"github.com/aisle-search/aisle/search"
	"github.com/aisle-search/aisle/web"
	"github.com/aisle-search/aisle/web/keys"
)

type serveOptions struct {
	listen, data, schema  string
	mongoURI, postgresURL string
	config, keys          string
	debugListen           string
	verifyEvery           time.Duration
	failAt                string
}

func serveCommand(std streams) *cobra.Command {
	var o serveOptions
	c := &cobra.Command{
		Use:   "serve",
		Short: "Follow the databases and answer searches",
		Args:  cobra.NoArgs,
	}
	f := c.Flags()
	f.StringVar(&o.listen, "listen", "127.0.0.1:8080", "address to listen on; other than loopback needs --keys")
	f.StringVar(&o.data, "data", "aisle-data", "folder of the index; can be deleted at any time while nothing runs")
	f.StringVar(&o.schema, "schema", "", "schema file that maps the shop's documents")
	flags.Mongo(f, &o.mongoURI)
	flags.Postgres(f, &o.postgresURL)
	f.StringVar(&o.config, "config", "", "configuration file: the shop's tables, ranking profiles, proxies, limits")
	f.StringVar(&o.keys, "keys", "", "file that names who may call; read again when it changes")
	f.StringVar(&o.debugListen, "debug-listen", "", "loopback address for Go's profiles, under /debug/pprof/; none by default")
	f.DurationVar(&o.verifyEvery, "verify-every", 6*time.Hour, "how often index and databases are compared by the clock; 0 for never")
	f.StringVar(&o.failAt, "fail-at", "", "for tests: kill the process at a point, as name=n for the n-th time")
	_ = f.MarkHidden("fail-at") // it is defined
	c.RunE = func(c *cobra.Command, _ []string) error {
		if err := o.validate(); err != nil {
			return err
		}
		if o.failAt != "" {
			if err := failpoint.ArmKill(o.failAt); err != nil {
				return flags.Bad(err)
			}
		}
		log := slog.New(slog.NewTextHandler(std.err, nil))
		return serve(c.Context(), o, log, func(address string, _ func() bool) {
			log.Info("listening", "address", "http://"+address)
		})
	}
	return c
}

func (o serveOptions) validate() error {
	for _, need := range []struct{ flag, value string }{
		{"mongo-uri", o.mongoURI}, {"postgres-url", o.postgresURL}, {"schema", o.schema},
	} {
		if need.value == "" {
			return flags.Missing(need.flag)
		}
	}
	if o.verifyEvery < 0 {
		return flags.Bad(errors.New("--verify-every must not be negative; 0 is never"))
	}
	if err := web.CheckListen(o.listen, o.keys != ""); err != nil {
		return flags.Bad(err)
	}
	return nil
}

// service is the server's parts, opened.
type service struct {
	store   *search.Store
	indexer *indexer.Indexer
	web     *web.Server
	keepers []*lease.Keeper
	work    []func(context.Context) // runs until its context ends
	closers []func() error          // in the order of opening
}

// serve runs the server until ctx ends or a part fails. Once connections are
// taken, listening is told the address, and how to ask whether an index serves.
func serve(ctx context.Context, o serveOptions, log *slog.Logger, listening func(address string, answers func() bool)) (err error) {
	s := &service{}
	defer func() { err = errors.Join(err, s.close()) }()
	if err := s.open(ctx, o, log); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", o.listen)
	if err != nil {
		return fmt.Errorf("listen: %w", errors.Join(err, s.indexer.Close()))
	}
	listening(listener.Addr().String(), func() bool { return s.indexer.Status().Ready })
	return s.run(ctx, listener, o.debugListen)
}

// run is the server's life. It ends in this order, each step for a reason:
//
//  1. Requests: readiness turns 503, no more connections are taken, and what is
//     in flight is answered. First, because they need everything else.
//  2. Sources: they stop sending, and the batch that was begun is finished or
//     left unapplied as a whole, with its position. Only now, so that requests
//     that wait for their own writes still see them.
//  3. The index, by close: nothing writes to it any more.
//  4. Connections to the databases, by close: nobody asks any more.
//
// A second signal ends the process at once, see main; after that the next start
// goes on from the stored positions.
func (s *service) run(ctx context.Context, listener net.Listener, debugListen string) error {
	requests, stopRequests := context.WithCancel(ctx)
	defer stopRequests()
	sources, stopSources := context.WithCancel(context.WithoutCancel(ctx))
	defer stopSources()
	var g errgroup.Group
	g.Go(func() error {
		defer stopSources()
		return s.web.Run(requests, listener)
	})
	g.Go(func() error {
		defer stopRequests() // without the indexer the answers would grow stale
		return s.indexer.Run(sources)
	})
	g.Go(func() error { return upkeep.ServeProfiles(requests, debugListen) })
	for _, work := range append(s.work, upkeep.TuneGC) {
		g.Go(func() error {
			work(requests)
			return nil
		})
	}
	return g.Wait()
}

// close closes what open opened, last first.
func (s *service) close() error {
	var errs []error
	for i := len(s.closers) - 1; i >= 0; i-- {
		errs = append(errs, s.closers[i]())
	}
	return errors.Join(errs...)
}

func (s *service) open(ctx context.Context, o serveOptions, log *slog.Logger) error {
	file, err := config.Load(o.config)
	if err != nil {
		return err
	}
	schema, err := catalog.LoadSchemaFile(o.schema)
	if err != nil {
		return err
	}
	var callers *keys.File
	if o.keys != "" {
		if callers, err = keys.Open(o.keys, time.Now, log); err != nil {
			return err
		}
	}
	gate, err := file.Reindex.Gate()
	if err != nil {
		return err
	}
	products, err := catalog.Connect(catalog.Config{URI: o.mongoURI, Schema: schema})
	if err != nil {
		return err
	}
	s.closers = append(s.closers, func() error { return products.Close(context.WithoutCancel(ctx)) })
	shop, err := s.connectOrders(ctx, o, file, log)
	if err != nil {
		return err
	}
	followed := replication.NewSource(file.Orders, o.postgresURL)
	s.closers = append(s.closers, func() error { followed.Close(); return nil })
	fields := mapping.SearchSchema(schema)
	s.store, err = search.OpenStore(o.data, search.Options{
		Schema: &fields, Profiles: file.RankingProfiles(), KeepPrevious: file.Reindex.Keep(),
		OnError: func(err error) { log.Error("index maintenance", "error", err) },
	})
	if err != nil {
		return fmt.Errorf("open index: %w", err)
	}
	s.closers = append(s.closers, s.store.Close)
	_, serves := s.store.Serving()
	waiting, err := reach.All(ctx, serves, log,
		reach.Database{
			Name: "MongoDB", Check: products.Check, Away: func(err error) bool { return errors.Is(err, catalog.ErrUnreachable) },
		}, reach.Database{
			Name: "Postgres", Check: func(ctx context.Context) error { return prepareOrders(ctx, o, file, followed, log) }, Away: postgres.Unreachable,
		})
	if err != nil {
		return err
	}
	s.work = append(s.work, waiting...)

	metrics := prometheus.NewRegistry()
	metrics.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	if err := errors.Join(upkeep.RegisterMemory(metrics, s.store), upkeep.RegisterLeases(metrics, s.keepers)); err != nil {
		return fmt.Errorf("register metrics: %w", err)
	}
	s.indexer, err = indexer.New(indexer.Config{
		Dir: o.data, Store: s.store, Schema: schema,
		Catalog: catalog.NewSource(products), Documents: products, Orders: followed,
		Logger: log, Registerer: metrics, VerifyEvery: o.verifyEvery, Gate: gate, WALWarning: file.WALWarningMegabytes << 20,
	})
	if err != nil {
		return fmt.Errorf("open indexer: %w", err)
	}
	historyKey, err := s.store.DeriveKey("order history")
	if err != nil {
		return errors.Join(err, s.indexer.Close())
	}
	cacheBytes, cacheStale := file.Cache.Bounds()
	s.web, err = web.New(web.Config{
		CursorKey: historyKey,
		Searcher:  s.store, Indexer: s.indexer, Products: products, Documents: schema, Orders: shop,
		Registerer: metrics, Gatherer: metrics, Logger: log,
		Keys: callers, TrustedProxies: file.TrustedProxies,
		RatePerSecond: file.Limits.RequestsPerSecond, MaxSearches: file.Limits.ConcurrentSearch,
		CacheBytes: cacheBytes, CacheStale: cacheStale, Leases: s.leases,
		DrainDelay: time.Duration(file.DrainMS) * time.Millisecond, Version: version(),
	})
	if err != nil {
		return errors.Join(err, s.indexer.Close())
	}
	return nil
}

// connectOrders makes what takes orders, which is nobody where the shop keeps them
// in tables of its own.
func (s *service) connectOrders(ctx context.Context, o serveOptions, file config.File, log *slog.Logger) (web.Orders, error) {
	if !file.OwnTables() {
		return noOrders{}, nil
	}
	store, err := orders.Connect(ctx, o.postgresURL)
	if err != nil {
		return nil, err
	}
	s.closers = append(s.closers, func() error { store.Close(); return nil })
	s.keepKeys(store, file, log)
	return store, nil
}

// prepareOrders migrates the product's own tables and sees to it that they, or the
// shop's, can be followed.
func prepareOrders(ctx context.Context, o serveOptions, file config.File, followed *replication.Source, log *slog.Logger) error {
	if file.OwnTables() {
		if _, err := orders.Migrate(ctx, o.postgresURL); err != nil {
			return err
		}
	}
	err := followed.Prepare(ctx)
	if err == nil || replication.NeedsOperator(err) || postgres.Unreachable(err) {
		return err
	}
	// Such as a slot that the last process still holds: the indexer tries again.
	log.Warn("orders cannot be followed yet", "reason", err)
	return nil
}

// leaseTTL is how long a node that has died keeps the others from its work.
const leaseTTL = 10 * time.Second

// keepKeys removes old idempotency keys, on one node at a time.
func (s *service) keepKeys(store *orders.Store, file config.File, log *slog.Logger) {
	holder := file.Orders.Node + "-" + uuid.NewString()[:8]
	keeper := store.LeaseKeeper(orders.KeyLease, holder, leaseTTL, log)
	s.keepers = append(s.keepers, keeper)
	s.work = append(s.work, func(ctx context.Context) { keeper.Run(ctx, store.KeepKeysFor(file.Retention.Keys())) })
}

// leases are what this node knows of its leases.
func (s *service) leases() []lease.Status {
	out := make([]lease.Status, len(s.keepers))
	for i, k := range s.keepers {
		out[i] = k.Status()
	}
	return out
}

// noOrders takes no orders: the shop places them in tables of its own, which are
// only followed.
type noOrders struct{}

func (noOrders) PlaceOrder(context.Context, orders.PlaceRequest) (orders.PlaceResult, error) {
	return orders.PlaceResult{}, &orders.FieldError{Field: "order", Reason: "cannot be placed here: the configuration maps the shop's own tables"}
}

func (noOrders) Cancel(context.Context, orders.OrderID) (orders.CancelResult, error) {
	return orders.CancelResult{}, orders.ErrOrderNotFound
}

func (noOrders) Order(context.Context, orders.OrderID) (orders.Order, error) {
	return orders.Order{}, orders.ErrOrderNotFound
}

func (noOrders) History(context.Context, orders.HistoryQuery) (orders.HistoryPage, error) {
	return orders.HistoryPage{}, nil
}
