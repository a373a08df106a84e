package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"github.com/aisle-search/aisle/catalog"
	"github.com/aisle-search/aisle/cmd/aisle/change"
	"github.com/aisle-search/aisle/cmd/aisle/flags"
	"github.com/aisle-search/aisle/cmd/aisle/lines"
	"github.com/aisle-search/aisle/internal/audit"
	"github.com/aisle-search/aisle/internal/client"
)

// auditShown bounds how many differences are printed.
const auditShown = 50

type auditOptions struct {
	schema                string
	queries, workers      int
	seed                  uint64
	writes                bool
	writeRate             float64
	mongoURI, postgresURL string
	priceField            string
}

func auditCommand(std streams) *cobra.Command {
	var o auditOptions
	c := &cobra.Command{
		Use:   "audit FILE",
		Short: "Compare the running server with a count over the shop's documents",
		Long: "Read JSON lines, plain or compressed by gzip, and compare what the running server answers\n" +
			"with what the lines say: every product exactly once on walks by cursor, and totals, facet\n" +
			"counts, buckets and order of random questions. The server must serve these lines and\n" +
			"nothing else, and nobody may write meanwhile.\n\n" +
			"With --writes the walks are made while prices in MongoDB and stock in Aisle's own tables\n" +
			"of Postgres change; both are put back.",
		Args: cobra.ExactArgs(1),
	}
	f := c.Flags()
	server := flags.Client(f)
	f.StringVar(&o.schema, "schema", "", "schema file of the documents")
	f.IntVar(&o.queries, "queries", 200, "how many random questions")
	f.IntVar(&o.workers, "workers", 4, "questions under way at once")
	f.Uint64Var(&o.seed, "seed", 1, "of the random questions; the same one asks the same")
	f.BoolVar(&o.writes, "writes", false, "write during the walks")
	f.Float64Var(&o.writeRate, "write-rate", 50, "writes a second, over both databases")
	f.StringVar(&o.priceField, "price-field", "", "path of the price in the documents, a number (default: price or price.amount)")
	flags.Mongo(f, &o.mongoURI)
	flags.Postgres(f, &o.postgresURL)
	c.RunE = func(c *cobra.Command, args []string) error {
		if err := o.validate(); err != nil {
			return err
		}
		return runAudit(c.Context(), server, args[0], o, std)
	}
	return c
}

func (o auditOptions) validate() error {
	switch {
	case o.schema == "":
		return flags.Missing("schema")
	case o.queries < 0 || o.workers < 1 || o.writeRate <= 0:
		return flags.Bad(errors.New("--queries must not be negative, --workers and --write-rate must be above 0"))
	case o.writes && o.mongoURI == "":
		return flags.Missing("mongo-uri")
	case o.writes && o.postgresURL == "":
		return flags.Missing("postgres-url")
	}
	return nil
}

// auditWalks are the ways through all products. Pages of one product find what
// pages of a hundred hide, and sorting by a field what relevance hides.
func auditWalks(schema *catalog.Schema) []audit.Walk {
	walks := []audit.Walk{{Limit: 1}, {Limit: 7}, {Limit: 100}}
	for _, f := range schema.Fields() {
		if f.Sort {
			walks = append(walks, audit.Walk{Limit: 24, Sort: "-" + f.Name})
		}
	}
	return walks
}

func runAudit(ctx context.Context, server *client.Client, file string, o auditOptions, std streams) (err error) {
	begun := time.Now()
	schema, err := catalog.LoadSchemaFile(o.schema)
	if err != nil {
		return err
	}
	shop, err := lines.Shop(file, schema, std.in, std.err)
	if err != nil {
		return err
	}
	// Each worker and each walk keeps its connection.
	walks := auditWalks(schema)
	server.HTTP = client.Pool(o.workers+len(walks), flags.CallTimeout)
	defer server.HTTP.CloseIdleConnections()

	differences := 0
	tell := func(s string) {
		if differences++; differences <= auditShown {
			fmt.Fprintln(std.err, s)
		}
	}
	config := audit.Config{
		Shop: shop, Queries: o.queries, Seed: o.seed, Workers: o.workers, Walks: walks, Rate: o.writeRate,
		Search: func(ctx context.Context, query url.Values, into any) error {
			return server.Get(ctx, client.SearchPath, query, into)
		},
		Difference: tell,
		Note:       func(s string) { fmt.Fprintln(std.out, s) },
	}
	if o.writes {
		writers, failed := openAuditWriters(ctx, o, schema, shop)
		if failed != nil {
			return failed
		}
		defer func() { err = errors.Join(err, writers.restore(context.WithoutCancel(ctx))) }()
		config.Writers = writers.list()
	}
	if err := auditStatus(ctx, server, shop, tell); err != nil {
		return err
	}
	report, err := audit.Run(ctx, config)
	if err != nil {
		return err
	}
	fmt.Fprintf(std.out, "%d products, %d questions, seed %d, %s: %d differences\n",
		report.Products, report.Queries, o.seed, time.Since(begun).Round(time.Millisecond), differences)
	if differences > 0 {
		return fmt.Errorf("%d differences", differences)
	}
	return nil
}

// auditStatus compares what the server says of itself.
func auditStatus(ctx context.Context, server *client.Client, shop *audit.Shop, differ func(string)) error {
	status, err := server.Status(ctx)
	if err != nil {
		return err
	}
	if status.Documents != shop.Len() {
		differ(fmt.Sprintf("status: %d documents, want %d", status.Documents, shop.Len()))
	}
	for _, s := range status.Sources {
		if s.DeadLetters > 0 {
			differ(fmt.Sprintf("status: %d dead letters of %s, want none", s.DeadLetters, s.Name))
		}
	}
	return nil
}

// auditWriters change what can be put back.
type auditWriters struct {
	prices      *change.Prices
	stocks      *change.Stocks
	priced, all []string // products
}

func openAuditWriters(ctx context.Context, o auditOptions, schema *catalog.Schema, shop *audit.Shop) (*auditWriters, error) {
	priced := shop.Having("price")
	if len(priced) == 0 {
		return nil, errors.New("no product has a price that could be changed")
	}
	where := change.Where{MongoURI: o.mongoURI, Collection: schema.Collection, Field: o.priceField}
	prices, err := change.OpenPrices(ctx, where, priced[:min(len(priced), 100)])
	if err != nil {
		return nil, err
	}
	stocks, err := change.OpenStocks(ctx, o.postgresURL)
	if err != nil {
		return nil, errors.Join(err, prices.Restore(ctx))
	}
	return &auditWriters{prices: prices, stocks: stocks, priced: priced, all: shop.IDs()}, nil
}

func (w *auditWriters) list() []audit.Writer {
	return []audit.Writer{
		{Name: "price", IDs: w.priced, Write: w.prices.Change},
		{Name: "stock", IDs: w.all, Write: w.stocks.Change},
	}
}

// restore puts back what is changed, and disconnects. All is tried, whatever fails.
func (w *auditWriters) restore(ctx context.Context) error {
	return errors.Join(w.prices.Restore(ctx), w.stocks.Restore(ctx))
}
