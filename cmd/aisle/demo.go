package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/aisle-search/aisle/cmd/aisle/flags"
	"github.com/aisle-search/aisle/cmd/aisle/sampleshop"
	"github.com/aisle-search/aisle/internal/devdb"
	"github.com/aisle-search/aisle/internal/sample"
	"github.com/aisle-search/aisle/orders"
	"github.com/aisle-search/aisle/web"
)

type demoOptions struct {
	listen, dir, cache string
	verbose            bool
}

func demoCommand(std streams) *cobra.Command {
	var o demoOptions
	c := &cobra.Command{
		Use:   "demo",
		Short: "Start databases, a sample shop and Aisle, until interrupted",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return demo(c.Context(), o, std)
		},
	}
	f := c.Flags()
	f.StringVar(&o.listen, "listen", "127.0.0.1:8080", "address of the page; loopback only")
	f.StringVar(&o.dir, "dir", "", "folder that keeps the databases; without it they are temporary")
	f.StringVar(&o.cache, "cache", "", "folder for what has to be fetched (default: aisle in the user's cache)")
	f.BoolVar(&o.verbose, "verbose", false, "log every request")
	return c
}

// checkListen finds out before anything is started whether the page can be served.
func (o demoOptions) checkListen() error {
	if err := web.CheckListen(o.listen, false); err != nil {
		return flags.Bad(fmt.Errorf("the demo, where everybody may do everything, listens on a loopback address only, not on %q", o.listen))
	}
	l, err := net.Listen("tcp", o.listen)
	if err != nil {
		return fmt.Errorf("%w; give another address by --listen, such as 127.0.0.1:0 for any free port", err)
	}
	return l.Close()
}

// demo ends in the reverse order: the server first, the databases last.
func demo(ctx context.Context, o demoOptions, std streams) (err error) {
	if err := o.checkListen(); err != nil {
		return err
	}
	fmt.Fprintln(std.err, "starting databases …")
	db, err := devdb.Start(ctx, devdb.Options{Dir: o.dir, Cache: o.cache, Log: std.err})
	if err != nil {
		return fmt.Errorf("start databases: %w", err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	scratch, err := db.Scratch()
	if err != nil {
		return err
	}
	server := serveOptions{
		listen: o.listen, data: filepath.Join(scratch, "index"), schema: filepath.Join(scratch, "schema.yaml"),
		mongoURI: db.MongoURI, postgresURL: db.PostgresURL,
	}
	if err := server.validate(); err != nil {
		return err
	}
	if err := loadSample(ctx, server, std); err != nil {
		return fmt.Errorf("load sample: %w", err)
	}
	level := slog.LevelWarn
	if o.verbose {
		level = slog.LevelInfo
	}
	log := slog.New(slog.NewTextHandler(std.err, &slog.HandlerOptions{Level: level}))
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		return serve(ctx, server, log, func(address string, answers func() bool) {
			g.Go(func() error { return announce(ctx, address, answers, server, std) })
		})
	})
	return g.Wait()
}

// announce says where the shop is, once it answers searches.
func announce(ctx context.Context, address string, answers func() bool, server serveOptions, std streams) error {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for !answers() {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
	_, err := fmt.Fprintf(std.out, `
The shop       http://%[1]s/
Operations     http://%[1]s/ops
MongoDB        %[2]s
Postgres       %[3]s

Ctrl-C ends all of it.
`, address, server.mongoURI, server.postgresURL)
	return err
}

// loadSample fills the databases and writes the schema file. What a kept folder
// holds already stays.
func loadSample(ctx context.Context, server serveOptions, std streams) error {
	schema, err := sampleshop.WriteSchema(server.schema)
	if err != nil {
		return err
	}
	products, err := sample.Products()
	if err != nil {
		return err
	}
	if _, err := load(ctx, server.mongoURI, schema, products, std); err != nil {
		return err
	}
	if _, err := orders.Migrate(ctx, server.postgresURL); err != nil {
		return err
	}
	store, err := orders.Open(ctx, server.postgresURL)
	if err != nil {
		return err
	}
	defer store.Close()
	stocked, ordered, err := sampleshop.LoadOrders(ctx, store)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(std.out, "stock of %d products, %d new orders\n", stocked, ordered)
	return err
}
