package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/aisle-search/aisle/catalog"
	"github.com/aisle-search/aisle/internal/devdb"
	"github.com/aisle-search/aisle/internal/sample"
	"github.com/aisle-search/aisle/orders"
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

// demo ends in the reverse order: the server first, the databases last.
func demo(ctx context.Context, o demoOptions, std streams) (err error) {
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
	if err := writeSampleSchema(server.schema); err != nil {
		return err
	}
	schema, err := catalog.LoadSchemaFile(server.schema)
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
	return loadSampleOrders(ctx, server.postgresURL, std)
}

func writeSampleSchema(path string) error {
	text, err := sample.Schema()
	if err != nil {
		return err
	}
	return writeAll(path, text)
}

func writeAll(path string, r io.Reader) error {
	b, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	return os.WriteFile(path, b, 0o644)
}

func loadSampleOrders(ctx context.Context, url string, std streams) error {
	if _, err := orders.Migrate(ctx, url); err != nil {
		return err
	}
	store, err := orders.Open(ctx, url)
	if err != nil {
		return err
	}
	defer store.Close()
	stocks, err := sample.Stocks()
	if err != nil {
		return err
	}
	levels := make([]orders.StockLevel, len(stocks))
	for i, s := range stocks {
		levels[i] = orders.StockLevel{Product: s.Product, OnHand: s.OnHand}
	}
	if _, err := store.SetStocks(ctx, levels); err != nil {
		return err
	}
	past, err := sample.Orders(time.Now())
	if err != nil {
		return err
	}
	rows := make([]orders.OrderRow, len(past))
	for i, o := range past {
		rows[i] = orders.OrderRow{ID: orders.OrderID(o.ID), Customer: o.Customer, CreatedAt: o.At}
		for _, l := range o.Lines {
			price := &orders.Money{Amount: l.UnitCents, Currency: "EUR"}
			rows[i].Lines = append(rows[i].Lines, orders.PlaceLine{Product: l.Product, Quantity: int64(l.Quantity), UnitPrice: price})
		}
	}
	n, _, err := store.LoadOrders(ctx, rows)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(std.out, "stock of %d products, %d new orders\n", len(levels), n)
	return err
}
