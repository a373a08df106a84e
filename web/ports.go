package web

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/aisle-search/aisle/catalog"
	"github.com/aisle-search/aisle/indexer"
	"github.com/aisle-search/aisle/orders"
	"github.com/aisle-search/aisle/search"
)

// Searcher answers queries from the serving generation.
type Searcher interface {
	Search(ctx context.Context, q search.Query) (*search.Page, error)
	Product(ctx context.Context, id string) (*search.Record, error)
	Schema() search.Schema
	Profiles() []string
}

// Indexer is the pipeline as seen from outside.
type Indexer interface {
	follower
	rebuilder
	deadLetters
}

// follower tells how far the index is.
type follower interface {
	Status() indexer.Status
	History() []indexer.Sample
	// Applied is what searches can see, at least.
	Applied() indexer.Token
	// WaitFor reports whether searches see what the token demands before the
	// context ends.
	WaitFor(ctx context.Context, t indexer.Token) bool
}

// rebuilder builds a generation beside the serving one. Its progress is in the
// status.
type rebuilder interface {
	Reindex(ctx context.Context) error
	StopReindex() error
}

// deadLetters are the changes that could not be applied.
type deadLetters interface {
	DeadLetters(source string, skip, limit int) ([]indexer.DeadLetter, error)
	DeadLetter(source, id string) (indexer.DeadLetter, error)
	ReplayDeadLetter(ctx context.Context, source, id string) error
	DropDeadLetter(source, id string) error
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

// Documents spells stored documents as JSON.
type Documents interface {
	DocumentJSON(raw bson.Raw) ([]byte, error)
}
