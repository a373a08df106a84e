package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/aisle-search/aisle/cmd/aisle/change"
	"github.com/aisle-search/aisle/cmd/aisle/flags"
	"github.com/aisle-search/aisle/internal/client"
	"github.com/aisle-search/aisle/internal/freshness"
	"github.com/aisle-search/aisle/orders"
)

// Names of what is measured.
const (
	priceChanges = "price changes (MongoDB)"
	ordersPlaced = "orders placed (Postgres)"
)

const (
	// writersPerSource is how many writes to one database are under way at most.
	writersPerSource = 4
	// patience is how long a change may stay unseen.
	patience = 15 * time.Second
)

type freshnessOptions struct {
	mongoURI, postgresURL  string
	collection, priceField string
	rate, searchRate       float64
	stockRate, priceRate   int
	lineRate               int
	duration, pollEvery    time.Duration
	searchers, products    int
}

func freshnessCommand(std streams) *cobra.Command {
	var o freshnessOptions
	c := &cobra.Command{
		Use:   "freshness",
		Short: "Measure how long a committed write takes to show in searches",
		Long: "Measure how long a committed write takes to show in searches of the running server.\n\n" +
			"Writes for real, so use a development shop: prices are moved by one and moved back at\n" +
			"the end; orders are placed, and stay, for products that first get plenty of stock. What\n" +
			"searches show decides, never what the server says of itself.",
		Args: cobra.NoArgs,
	}
	f := c.Flags()
	server := flags.Client(f)
	flags.Mongo(f, &o.mongoURI)
	flags.Postgres(f, &o.postgresURL)
	f.StringVar(&o.collection, "collection", "products", "collection of the products")
	f.StringVar(&o.priceField, "price-field", "", "path of the price in its documents, a number (default: price or price.amount)")
	f.Float64Var(&o.rate, "rate", 200, "writes a second, over both databases")
	f.DurationVar(&o.duration, "duration", 30*time.Second, "how long to write")
	f.DurationVar(&o.pollEvery, "poll", 5*time.Millisecond, "pause between looks at the results")
	f.IntVar(&o.products, "products", 100, "how many products are changed, at most 100")
	f.IntVar(&o.searchers, "searchers", 2, "how many search meanwhile")
	f.IntVar(&o.stockRate, "stock-rate", 0, "stock changes of other products a second, besides those measured")
	f.IntVar(&o.priceRate, "price-rate", 0, "price changes of other products a second, by bulk writes, besides those measured")
	f.IntVar(&o.lineRate, "line-rate", 0, "order lines of other products a second, in orders of ten, besides those measured")
	f.Float64Var(&o.searchRate, "search-rate", 50, "searches a second, over all searchers")
	c.RunE = func(c *cobra.Command, _ []string) error {
		if err := o.validate(); err != nil {
			return err
		}
		return measureFreshness(c.Context(), server, o, std)
	}
	return c
}

func (o freshnessOptions) validate() error {
	switch {
	case o.mongoURI == "":
		return flags.Missing("mongo-uri")
	case o.postgresURL == "":
		return flags.Missing("postgres-url")
	case o.rate <= 0 || o.duration <= 0 || o.pollEvery <= 0 || o.searchers < 0 || o.searchRate <= 0 || min(o.stockRate, o.priceRate, o.lineRate) < 0:
		return flags.Bad(errors.New("rates and durations must be above 0"))
	case o.products < 1 || o.products > 100:
		return flags.Bad(errors.New("--products must be 1 to 100, which one page of results can show"))
	}
	return nil
}

func measureFreshness(ctx context.Context, server *client.Client, o freshnessOptions, std streams) (err error) {
	w := watcher{server: server, query: url.Values{
		// By text alone and without a text, results come by id and keep their place.
		"profile": {"text"}, "f.price": {"0.."}, "limit": {fmt.Sprint(o.products)},
	}}
	ids, words, err := w.products(ctx)
	if err != nil {
		return err
	}
	prices, err := change.OpenPrices(ctx, change.Where{MongoURI: o.mongoURI, Collection: o.collection, Field: o.priceField}, ids)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, prices.Restore(context.WithoutCancel(ctx))) }()
	store, err := orders.Open(ctx, o.postgresURL)
	if err != nil {
		return fmt.Errorf("open orders: %w", err)
	}
	defer store.Close()
	if err := stockUp(ctx, store, &w, ids); err != nil {
		return err
	}
	var moving errgroup.Group
	background, stop := context.WithCancel(ctx)
	defer stop()
	mover, err := o.moveOthers(background, store, prices, ids, &moving)
	if err != nil {
		return err
	}
	began := time.Now()
	report, err := freshness.Measure(ctx, freshness.Config{
		IDs: ids,
		Sources: []freshness.Source{
			{Name: priceChanges, Write: prices.Change},
			{Name: ordersPlaced, Write: func(ctx context.Context, id string) error { return placeOrder(ctx, store, id) }},
		},
		Poll: w.poll, PollEvery: o.pollEvery,
		Rate: o.rate, Duration: o.duration, Writers: 2 * writersPerSource,
		Search:    func(ctx context.Context) error { return w.shop(ctx, words) },
		Searchers: o.searchers, SearchRate: o.searchRate,
		Patience: patience, Now: time.Now,
	})
	took := time.Since(began)
	stop()
	if err := errors.Join(err, moving.Wait()); err != nil {
		return err
	}
	if err := report.WriteTable(std.out); err != nil {
		return err
	}
	if seconds := took.Seconds(); mover != nil {
		mover.Close()
		fmt.Fprintf(std.out, "besides, of other products, %.0f stock changes, %.0f price changes and %.0f order lines a second\n",
			float64(mover.Stock.Count())/seconds, float64(mover.Price.Count())/seconds, float64(mover.Lines.Count())/seconds)
	}
	if n := report.Lost(); n > 0 {
		return fmt.Errorf("%d changes were not seen within %s", n, patience)
	}
	return nil
}

// moveOthers begins to move products other than those that are measured; nil where none
// shall be.
func (o freshnessOptions) moveOthers(ctx context.Context, store *orders.Store, p *change.Prices, measured []string, moving *errgroup.Group) (*change.Mover, error) {
	if o.stockRate+o.priceRate+o.lineRate == 0 {
		return nil, nil
	}
	mover, err := change.OpenMover(ctx, o.postgresURL, store, p, measured)
	if err != nil {
		return nil, err
	}
	for _, move := range []struct {
		rate int
		run  func(context.Context, int) error
	}{{o.stockRate, mover.MoveStock}, {o.priceRate, mover.MovePrices}, {o.lineRate, mover.PlaceLines}} {
		if move.rate > 0 {
			moving.Go(func() error { return move.run(ctx, move.rate) })
		}
	}
	return mover, nil
}

// watcher looks at one page of results.
type watcher struct {
	server *client.Client
	query  url.Values
}

// products are the ids on the page, and words that their titles are made of.
func (w *watcher) products(ctx context.Context) (ids, words []string, err error) {
	var answer client.Page[client.Fields]
	if err := w.server.Get(ctx, client.SearchPath, w.query, &answer); err != nil {
		return nil, nil, fmt.Errorf("find products: %w", err)
	}
	for _, h := range answer.Hits {
		ids = append(ids, h.ID)
		var title string
		_ = json.Unmarshal(h.Product["title"], &title) // without a title it gives no words
		words = append(words, strings.Fields(title)...)
	}
	if len(ids) == 0 || len(words) == 0 {
		return nil, nil, errors.New("the server shows no product with title and price: load some first")
	}
	return ids, words, nil
}

// poll is the price and stock that the page shows.
func (w *watcher) poll(ctx context.Context) (map[string]map[string]string, error) {
	var answer client.Page[client.Fields]
	if err := w.server.Get(ctx, client.SearchPath, w.query, &answer); err != nil {
		return nil, err
	}
	shown := make(map[string]map[string]string, len(answer.Hits))
	for _, h := range answer.Hits {
		shown[h.ID] = map[string]string{priceChanges: string(h.Product["price"]), ordersPlaced: string(h.Product["stock"])}
	}
	return shown, nil
}

// shop searches for two words of a title, as a shopper does.
func (w *watcher) shop(ctx context.Context, words []string) error {
	i := rand.IntN(len(words))
	q := words[i] + " " + words[(i+1)%len(words)]
	var answer client.Page[client.Fields]
	return w.server.Get(ctx, client.SearchPath, url.Values{"q": {q}, "facets": {"auto"}, "limit": {"24"}}, &answer)
}

// stockUp gives the products plenty of stock and waits until searches show it.
func stockUp(ctx context.Context, store *orders.Store, w *watcher, ids []string) error {
	levels := make([]orders.StockLevel, len(ids))
	for i, id := range ids {
		levels[i] = orders.StockLevel{Product: id, OnHand: change.Plenty + rand.Int64N(change.Plenty)}
	}
	if _, err := store.SetStocks(ctx, levels); err != nil {
		return fmt.Errorf("stock up: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		shown, err := w.poll(ctx)
		if err != nil {
			return fmt.Errorf("wait for stock to show: %w", err)
		}
		low := 0
		for _, values := range shown {
			if len(values[ordersPlaced]) < len(fmt.Sprint(change.Plenty)) {
				low++
			}
		}
		if low == 0 {
			return nil
		}
		time.Sleep(20 * time.Millisecond) // the poll above ends with ctx
	}
}

func placeOrder(ctx context.Context, store *orders.Store, id string) error {
	key := uuid.NewString()
	_, err := store.PlaceOrder(ctx, orders.PlaceRequest{
		Scope: "freshness", IdempotencyKey: key, RequestHash: []byte(key),
		Customer: "freshness", Lines: []orders.PlaceLine{{Product: id, Quantity: 1}},
	})
	return err
}
