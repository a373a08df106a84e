package indexer

import (
	"context"
	"time"

	"github.com/aisle-search/aisle/catalog"
	"github.com/aisle-search/aisle/orders/postgres"
	"github.com/aisle-search/aisle/orders/replication"
	"github.com/aisle-search/aisle/search"
)

// catalogSource is the catalogue as the pipeline follows it.
type catalogSource interface {
	// Count is about how many documents a snapshot will hand over.
	Count(ctx context.Context) (int64, error)
	// Snapshot hands over every document and returns the position from which
	// Stream goes on without a gap.
	Snapshot(ctx context.Context, receive func(catalog.Change) error) (catalog.Position, error)
	// Stream hands over every change after a position, until it fails.
	Stream(ctx context.Context, from catalog.Position, receive func(catalog.Change) error) error
	// Head is the server's present time.
	Head(ctx context.Context) (catalog.ClusterTime, error)
}

// documentReader reads one document as it is now.
type documentReader interface {
	// Get answers catalog.ErrNotFound when there is none.
	Get(ctx context.Context, id catalog.ProductID) (catalog.Document, error)
}

// ordersSource is orders and stock as the pipeline follows them.
type ordersSource interface {
	// Snapshot hands over every row, lines only since an instant, and returns the
	// position from which Stream goes on without a gap.
	Snapshot(ctx context.Context, since time.Time, receive func(replication.Change) error) (postgres.LSN, error)
	// Stream hands over every change after a position, until it fails.
	Stream(ctx context.Context, from postgres.LSN, receive func(replication.Change) error) error
	// Acknowledge says that everything up to a position is durable.
	Acknowledge(postgres.LSN)
	SlotStatus(ctx context.Context) (replication.SlotStatus, error)
	// Sums hands over what the rows add up to, by product; of all where none is
	// named.
	Sums(ctx context.Context, w replication.Windows, products []string, receive func(replication.Sum) error) error
}

// generation is one index as the pipeline feeds it. *search.Index is one.
type generation interface {
	Check(*search.Document) error
	Commit(context.Context, search.Batch) error
	// Compact makes searches cheaper; quietly, it leaves cores to others.
	Compact(ctx context.Context, quietly bool) error
	Position() []byte
	Generation() uint64
	Documents() int
	Partitions() int
	SchemaHash() string
	Schema() search.Schema
	// Held looks products up, in the order of the ids.
	Held(ids []string) ([]search.Held, error)
	// IDs yields every product with its digest.
	IDs(yield func(id string, digest uint64) bool)
}

// generations is the set of indexes. A wrapped *search.Store is one.
type generations interface {
	Serving() (generation, bool)
	NeedsRebuild(search.Schema) string
	Begin(search.Schema) (generation, error)
	Swap(generation) error
	Discard(generation) error
	// Refuse keeps a generation on disk that is not to serve.
	Refuse(g generation, reason string) error
	// BeginRollback opens the generation that served before.
	BeginRollback() (generation, error)
	// SearchIn asks a generation that need not serve.
	SearchIn(context.Context, generation, search.Query) (*search.Page, error)
	Load() (begun uint64, full bool)
	SetSignals(signals []search.Signal, position []byte)
}

// store gives *search.Store the pipeline's types.
type store struct{ *search.Store }

func (s store) Serving() (generation, bool) {
	x, ok := s.Store.Serving()
	if !ok {
		return nil, false
	}
	return x, true
}

func (s store) Begin(schema search.Schema) (generation, error) {
	x, err := s.Store.Begin(schema)
	if err != nil {
		return nil, err
	}
	return x, nil
}

func (s store) Swap(next generation) error {
	x, ok := next.(*search.Index)
	if !ok {
		return errForeign
	}
	return s.Store.Swap(x)
}

func (s store) Discard(next generation) error {
	x, ok := next.(*search.Index)
	if !ok {
		return errForeign
	}
	return s.Store.Discard(x)
}

func (s store) Refuse(next generation, reason string) error {
	x, ok := next.(*search.Index)
	if !ok {
		return errForeign
	}
	return s.Store.Refuse(x, reason)
}

func (s store) BeginRollback() (generation, error) {
	x, err := s.Store.BeginRollback()
	if err != nil {
		return nil, err
	}
	return x, nil
}

func (s store) SearchIn(ctx context.Context, g generation, q search.Query) (*search.Page, error) {
	x, ok := g.(*search.Index)
	if !ok {
		return nil, errForeign
	}
	return s.Store.SearchIn(ctx, x, q)
}
