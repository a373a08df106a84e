package ops

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/aisle-search/aisle/indexer"
	"github.com/aisle-search/aisle/indexer/drift"
	"github.com/aisle-search/aisle/indexer/progress"
	"github.com/aisle-search/aisle/orders/lease"
	"github.com/aisle-search/aisle/search"
)

// Config is what Handlers are made of. All of it must be given.
type Config struct {
	Indexer Indexer
	// Gatherer answers for the metrics.
	Gatherer prometheus.Gatherer
	// Leases tells what this node knows of its leases.
	Leases  func() []lease.Status
	Version string
	Now     func() time.Time
	// Stopping is closed when the service is told to stop.
	Stopping <-chan struct{}
	// EventTimeout bounds how long a caller may take to read one event.
	EventTimeout time.Duration
}

// Handlers answer requests. Where one returns an error, nothing was sent yet.
type Handlers struct {
	config    Config
	followers chan struct{} // a place each for who follows a rebuild
}

// New makes the handlers. It starts nothing.
func New(config Config) *Handlers {
	return &Handlers{config: config, followers: make(chan struct{}, maxFollowers)}
}

// Indexer is the pipeline as those who run it see it.
type Indexer interface {
	follower
	rebuilder
	deadLetters
	verifier
}

// follower tells how far the index is.
type follower interface {
	Status() progress.Status
	History() []progress.Sample
}

// rebuilder builds a generation beside the serving one. Its progress is in the
// status.
type rebuilder interface {
	Reindex(ctx context.Context, force bool) error
	Rollback(ctx context.Context) error
	StopReindex() error
	Generations() ([]search.GenerationInfo, error)
}

// deadLetters are the changes that could not be applied.
type deadLetters interface {
	DeadLetters(source string, skip, limit int) ([]indexer.DeadLetter, error)
	DeadLetter(source, id string) (indexer.DeadLetter, error)
	ReplayDeadLetter(ctx context.Context, source, id string) error
	DropDeadLetter(source, id string) error
}

// verifier compares the serving index with its sources.
type verifier interface {
	Verify(repair bool) error
	// VerifyReport is the running comparison, or the last; nil if there was none.
	VerifyReport() *drift.Report
	// AwaitVerify reports whether the comparison ended before the context did.
	AwaitVerify(ctx context.Context) bool
}
