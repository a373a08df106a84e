package indexer

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/aisle-search/aisle/catalog"
	"github.com/aisle-search/aisle/indexer/consistency"
	"github.com/aisle-search/aisle/indexer/deadletter"
	"github.com/aisle-search/aisle/indexer/progress"
	"github.com/aisle-search/aisle/indexer/rebuild"
	"github.com/aisle-search/aisle/search"
)

// Status is the state of everything, now.
func (x *Indexer) Status() progress.Status {
	s := progress.Status{At: x.cfg.Now(), Reindex: x.rebuilder.Current(), SetAside: x.setAsideText()}
	if serving, ok := x.store.Serving(); ok {
		s.Ready = true
		s.Generation, s.Partitions, s.Documents = serving.Generation(), serving.Partitions(), serving.Documents()
	}
	for _, p := range []*progress.Meter{x.catalog, x.orders} {
		source := p.Status()
		source.DeadLetters = x.letters.Count(source.Name)
		if oldest, err := x.letters.Oldest(source.Name); err == nil && !oldest.IsZero() {
			source.OldestLetter = max(0, s.At.Sub(oldest))
		}
		if source.Name == progress.SourceOrders {
			source.WALWarning = x.cfg.WALWarning
		}
		s.Sources = append(s.Sources, source)
	}
	return s
}

// setAsideText says what was found damaged at start. The index is whole again once
// another generation serves.
func (x *Indexer) setAsideText() string {
	all := x.damaged
	if why := x.cfg.Store.SetAside(); why != "" {
		all = append([]string{why}, all...)
	}
	return strings.Join(all, "; ")
}

func newSetAsideCounter() *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "aisle_set_aside_total", Help: "Files that were found damaged at start and moved aside, by what they held.",
	}, []string{"part"})
}

// History is the last quarter of an hour, a sample a second, oldest first.
func (x *Indexer) History() []progress.Sample { return x.history.All() }

// Applied is what searches can see.
func (x *Indexer) Applied() consistency.Token { return x.frontier.Applied() }

// WaitFor waits until searches see all that want demands, or ctx ends, and says
// which.
func (x *Indexer) WaitFor(ctx context.Context, want consistency.Token) (reached bool) {
	return x.frontier.Wait(ctx, want)
}

// Reindex asks for a rebuild beside the serving generation and returns at once.
// Progress is in the status. With force it serves whatever the judgments say of it;
// it must hold what the catalogue does all the same.
func (x *Indexer) Reindex(_ context.Context, force bool) error {
	return x.rebuilder.Ask(rebuild.Request{Kind: progress.KindReindex, Force: force})
}

// Rollback asks for the generation that served before, and returns at once. It
// catches up by its own position first; progress is in the status.
func (x *Indexer) Rollback(context.Context) error {
	all, err := x.Generations()
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(all, func(g search.GenerationInfo) bool { return g.State == search.GenerationPrevious }) {
		return ErrNoPrevious
	}
	return x.rebuilder.Ask(rebuild.Request{Kind: progress.KindRollback})
}

// Generations lists the generations on disk.
func (x *Indexer) Generations() ([]search.GenerationInfo, error) { return x.cfg.Store.Generations() }

// progress.Reindex is the running rebuild, or the last; nil if there was none.
func (x *Indexer) ReindexStatus() *progress.Reindex { return x.rebuilder.Current() }

// StopReindex stops the running rebuild; the serving generation stays.
func (x *Indexer) StopReindex() error { return x.rebuilder.Halt() }

// DeadLetter is a change that could not be applied.
type DeadLetter struct {
	Source   string
	ID       string // product id, or row key
	Reason   string
	Position string
	At       time.Time
	Attempts int
}

// DeadLetters lists a source's dead letters, or all where it is empty, newest
// first.
func (x *Indexer) DeadLetters(source string, skip, limit int) ([]DeadLetter, error) {
	letters, err := x.letters.List(source, skip, limit)
	if err != nil {
		return nil, err
	}
	out := make([]DeadLetter, len(letters))
	for i, l := range letters {
		out[i] = DeadLetter(l)
	}
	return out, nil
}

// DeadLetter is one of them, or ErrLetterNotFound.
func (x *Indexer) DeadLetter(source, id string) (DeadLetter, error) {
	l, err := x.letters.Get(source, id)
	return DeadLetter(l), letterError(err)
}

// ReplayDeadLetter tries a letter's product again, as the catalogue holds it
// now. Where it fails again the letter stays, with the new reason.
func (x *Indexer) ReplayDeadLetter(ctx context.Context, source, id string) error {
	if source != progress.SourceCatalog {
		return ErrNotReplayable
	}
	if _, err := x.letters.Get(source, id); err != nil {
		return letterError(err)
	}
	return x.reapply(ctx, catalog.ProductID(id))
}

// DropDeadLetter forgets a letter. Its change stays unapplied until the product
// changes again or the index is rebuilt.
func (x *Indexer) DropDeadLetter(source, id string) error {
	return letterError(x.letters.Drop(source, id))
}

func letterError(err error) error {
	if errors.Is(err, deadletter.ErrNotFound) {
		return ErrLetterNotFound
	}
	return err
}
