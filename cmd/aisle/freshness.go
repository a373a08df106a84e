package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/x/mongo/driver/connstring"
	"golang.org/x/sync/errgroup"

	"github.com/aisle-search/aisle/catalog"
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
	// plenty is the stock that the products get, so that no order is refused.
	plenty = 1_000_000
	// patience is how long a change may stay unseen.
	patience = 15 * time.Second
)

type freshnessOptions struct {
	mongoURI, postgresURL  string
	collection, priceField string
	rate, searchRate       float64
	stockRate              int
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
	server := clientFlags(f)
	mongoFlag(f, &o.mongoURI)
	postgresFlag(f, &o.postgresURL)
	f.StringVar(&o.collection, "collection", "products", "collection of the products")
	f.StringVar(&o.priceField, "price-field", "", "path of the price in its documents, a number (default: price or price.amount)")
	f.Float64Var(&o.rate, "rate", 200, "writes a second, over both databases")
	f.DurationVar(&o.duration, "duration", 30*time.Second, "how long to write")
	f.DurationVar(&o.pollEvery, "poll", 5*time.Millisecond, "pause between looks at the results")
	f.IntVar(&o.products, "products", 100, "how many products are changed, at most 100")
	f.IntVar(&o.searchers, "searchers", 2, "how many search meanwhile")
	f.IntVar(&o.stockRate, "stock-rate", 0, "stock changes of other products a second, besides those measured")
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
		return missing("mongo-uri")
	case o.postgresURL == "":
		return missing("postgres-url")
	case o.rate <= 0 || o.duration <= 0 || o.pollEvery <= 0 || o.searchers < 0 || o.searchRate <= 0 || o.stockRate < 0:
		return badUsage{errors.New("rates and durations must be above 0")}
	case o.products < 1 || o.products > 100:
		return badUsage{errors.New("--products must be 1 to 100, which one page of results can show")}
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
	prices, err := openPrices(ctx, o, ids)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, prices.restore(context.WithoutCancel(ctx))) }()
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
	began, moved := time.Now(), func() int64 { return 0 }
	if o.stockRate > 0 {
		mover, err := openStock(ctx, o, store, prices, ids)
		if err != nil {
			return err
		}
		began, moved = time.Now(), mover.moved.Load
		moving.Go(func() error { return mover.run(background, o.stockRate) })
	}
	report, err := freshness.Measure(ctx, freshness.Config{
		IDs: ids,
		Sources: []freshness.Source{
			{Name: priceChanges, Write: prices.change},
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
	if o.stockRate > 0 {
		fmt.Fprintf(std.out, "besides, %.0f stock changes a second of other products\n", float64(moved())/took.Seconds())
	}
	if n := report.Lost(); n > 0 {
		return fmt.Errorf("%d changes were not seen within %s", n, patience)
	}
	return nil
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

// prices changes prices by one, up and down in turn.
type prices struct {
	collection *mongo.Collection
	field      string
	mu         sync.Mutex // guards raised
	raised     map[string]bool
}

func openPrices(ctx context.Context, o freshnessOptions, ids []string) (*prices, error) {
	uri, err := connstring.Parse(o.mongoURI)
	if err != nil {
		return nil, badUsage{fmt.Errorf("read --mongo-uri: %w", err)}
	}
	c, err := mongo.Connect(options.Client().ApplyURI(o.mongoURI))
	if err != nil {
		return nil, fmt.Errorf("open MongoDB: %w", err)
	}
	p := &prices{
		collection: c.Database(cmp.Or(uri.Database, catalog.DefaultDatabase)).Collection(o.collection),
		raised:     map[string]bool{},
	}
	if err := p.findField(ctx, o.priceField, ids); err != nil {
		return nil, errors.Join(fmt.Errorf("look at prices: %w", err), c.Disconnect(ctx))
	}
	return p, nil
}

// findField finds the field that holds the price of all the products.
func (p *prices) findField(ctx context.Context, named string, ids []string) error {
	usual := []string{"price", "price.amount"}
	if named != "" {
		usual = []string{named}
	}
	for _, p.field = range usual {
		n, err := p.collection.CountDocuments(ctx, bson.D{
			{Key: "_id", Value: bson.D{{Key: "$in", Value: ids}}},
			{Key: p.field, Value: bson.D{{Key: "$type", Value: "number"}}},
		})
		if err != nil || n == int64(len(ids)) {
			return err
		}
	}
	return fmt.Errorf("not all of the %d products have a number in %s of collection %s: give --price-field and --collection",
		len(ids), strings.Join(usual, " or "), p.collection.Name())
}

// change moves one product's price. No two calls for one product overlap.
func (p *prices) change(ctx context.Context, id string) error {
	p.mu.Lock()
	step := 1
	if p.raised[id] {
		step = -1
	}
	p.raised[id] = !p.raised[id]
	p.mu.Unlock()
	_, err := p.collection.UpdateOne(ctx, bson.D{{Key: "_id", Value: id}},
		bson.D{{Key: "$inc", Value: bson.D{{Key: p.field, Value: step}}}})
	return err
}

// restore moves back what is up, and disconnects.
func (p *prices) restore(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var errs []error
	for id, up := range p.raised {
		if up {
			errs = append(errs, p.change(ctx, id))
		}
	}
	return errors.Join(append(errs, p.collection.Database().Client().Disconnect(ctx))...)
}

// stockUp gives the products plenty of stock and waits until searches show it.
func stockUp(ctx context.Context, store *orders.Store, w *watcher, ids []string) error {
	levels := make([]orders.StockLevel, len(ids))
	for i, id := range ids {
		levels[i] = orders.StockLevel{Product: id, OnHand: plenty + rand.Int64N(plenty)}
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
			if len(values[ordersPlaced]) < len(fmt.Sprint(plenty)) {
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
