package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/aisle-search/aisle/catalog"
	"github.com/aisle-search/aisle/indexer/consistency"
	"github.com/aisle-search/aisle/orders"
	"github.com/aisle-search/aisle/orders/lease"
	"github.com/aisle-search/aisle/search"
	"github.com/aisle-search/aisle/web/cursor"
	"github.com/aisle-search/aisle/web/keys"
	"github.com/aisle-search/aisle/web/ops"
)

// Config is what a Server is made of.
type Config struct {
	Searcher  Searcher
	Indexer   Indexer
	Products  Products
	Documents Documents
	Orders    Orders

	// Registerer takes this package's metrics, Gatherer answers /metrics.
	Registerer prometheus.Registerer
	Gatherer   prometheus.Gatherer
	Logger     *slog.Logger

	// Keys says who may call; nil opens everything. See CheckListen.
	Keys *keys.File
	// TrustedProxies are addresses or networks whose X-Forwarded-For is believed.
	// None by default.
	TrustedProxies []string
	// RatePerSecond bounds the requests of one caller, a key or else an address;
	// twice as many may come at once. 0 means no bound.
	RatePerSecond float64
	// MaxSearches bounds the searches that run at once; 0 means two for each CPU.
	MaxSearches int
	// CacheBytes bounds the answers that are kept; 0 keeps none.
	CacheBytes int64
	// CacheStale is how long an answer of an earlier version may still be given, 0 to
	// 5 s, to callers without a consistency token, while the next is made.
	CacheStale time.Duration
	// Leases tells what this node knows of its leases; nil means none.
	Leases func() []lease.Status
	// DrainDelay is how long Run goes on answering after it was told to stop, with
	// /readyz at 503 and connections closed one by one, so that balancers notice.
	// 0 means half a second.
	DrainDelay time.Duration
	// DrainTimeout bounds how long requests in flight may still take. 0 means 20 s.
	DrainTimeout time.Duration
	// CursorKey seals the cursors of the order history: 32 bytes. Without it each
	// start makes its own, and cursors do not outlive the process.
	CursorKey []byte
	// Version is what /v1/status and the OpenAPI document say.
	Version string
	Now     func() time.Time
}

// withDefaults fills what was left out.
func (c Config) withDefaults() Config {
	if c.MaxSearches == 0 {
		c.MaxSearches = 2 * runtime.GOMAXPROCS(0)
	}
	if c.DrainDelay == 0 {
		c.DrainDelay = 500 * time.Millisecond
	}
	if c.DrainTimeout == 0 {
		c.DrainTimeout = 20 * time.Second
	}
	if c.Leases == nil {
		c.Leases = func() []lease.Status { return nil }
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Version == "" {
		c.Version = "dev"
	}
	return c
}

// validate names the first thing that is missing or wrong.
func (c Config) validate() error {
	for _, need := range []struct {
		name    string
		missing bool
	}{
		{"Searcher", c.Searcher == nil}, {"Indexer", c.Indexer == nil},
		{"Products", c.Products == nil}, {"Documents", c.Documents == nil}, {"Orders", c.Orders == nil},
		{"Registerer", c.Registerer == nil}, {"Gatherer", c.Gatherer == nil},
		{"Logger", c.Logger == nil},
	} {
		if need.missing {
			return fmt.Errorf("web config: %s is missing", need.name)
		}
	}
	if c.RatePerSecond < 0 || c.MaxSearches < 1 || c.DrainDelay < 0 || c.DrainTimeout < 0 {
		return errors.New("web config: rates, bounds and times must not be negative")
	}
	if c.CacheBytes < 0 || c.CacheStale < 0 || c.CacheStale > 5*time.Second {
		return errors.New("web config: CacheBytes must not be negative, CacheStale 0 to 5 s")
	}
	if c.CursorKey != nil && len(c.CursorKey) != cursor.KeySize {
		return fmt.Errorf("web config: CursorKey has %d bytes, want %d", len(c.CursorKey), cursor.KeySize)
	}
	return nil
}

// CheckListen refuses an address that strangers can reach while everything is
// open. address is host:port as for net.Listen.
func CheckListen(address string, haveKeys bool) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("listen address %q: %w", address, err)
	}
	if haveKeys || host == "localhost" {
		return nil
	}
	if ip, err := netip.ParseAddr(host); err == nil && ip.Unmap().IsLoopback() {
		return nil
	}
	return fmt.Errorf("listen address %q: without a keys file only a loopback address is allowed; give --keys FILE, or listen on 127.0.0.1", address)
}

// Searcher answers queries from the serving generation.
type Searcher interface {
	Search(ctx context.Context, q search.Query) (*search.Page, error)
	Product(ctx context.Context, id string) (*search.Record, error)
	Schema() search.Schema
	Profiles() []string
	Version() (generation, view uint64)
}

// Indexer is the pipeline as seen from outside.
type Indexer interface {
	ops.Indexer
	// Applied is what searches can see, at least.
	Applied() consistency.Token
	// WaitFor reports whether searches see what the token demands before the
	// context ends.
	WaitFor(ctx context.Context, t consistency.Token) bool
}

// Orders places, cancels and reads orders.
type Orders interface {
	PlaceOrder(ctx context.Context, r orders.PlaceRequest) (orders.PlaceResult, error)
	Cancel(ctx context.Context, id orders.OrderID) (orders.CancelResult, error)
	Order(ctx context.Context, id orders.OrderID) (orders.Order, error)
	History(ctx context.Context, q orders.HistoryQuery) (orders.HistoryPage, error)
}

// Products writes the shop's own documents.
type Products interface {
	Get(ctx context.Context, id catalog.ProductID) (catalog.Document, error)
	Put(ctx context.Context, id catalog.ProductID, doc []byte, cond catalog.Condition) (catalog.Written, error)
	Patch(ctx context.Context, id catalog.ProductID, patch []byte, cond catalog.Condition) (catalog.Written, error)
	Delete(ctx context.Context, id catalog.ProductID, cond catalog.Condition) (catalog.Written, error)
}

// Documents knows what stored documents mean.
type Documents interface {
	DocumentJSON(raw bson.Raw) ([]byte, error)
	// Published tells whether shoppers may see a document's product.
	Published(raw bson.Raw) bool
}
