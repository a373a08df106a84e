package indexer

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/aisle-search/aisle/catalog"
	"github.com/aisle-search/aisle/indexer/deadletter"
	"github.com/aisle-search/aisle/indexer/flow"
	"github.com/aisle-search/aisle/internal/failpoint"
)

// catalogLimits bounds what is held of the catalogue's stream.
var catalogLimits = flow.Limits{
	QueueItems: 4096, Bytes: 64 << 20, BatchItems: 1000, BatchBytes: 8 << 20, Gap: 5 * time.Millisecond,
}

// tickStore is how often the position of an idle catalogue is made durable. A
// restart reads at most so much again.
const tickStore = 10 * time.Second

// catalogFollower brings one generation up to date with the catalogue.
type catalogFollower struct {
	source   catalogSource
	to       generation
	convert  converter
	letters  letterBox
	metrics  *metrics
	progress *progress
	frontier *frontier
	now      func() time.Time
	// commits is held while a batch is read, mapped and committed, so that a
	// replayed product is not overtaken by an older change.
	commits *sync.Mutex
	stored  time.Time // when a position was last made durable
}

// run follows from a position until the source or a commit fails.
func (f *catalogFollower) run(ctx context.Context, from catalog.Position) error {
	f.progress.open(from.Time.String())
	f.frontier.advanceCatalog(from.Time)
	f.stored = f.now()
	return flow.New[catalog.Change](catalogLimits).Run(ctx,
		func(ctx context.Context, put flow.Put[catalog.Change]) error {
			return f.source.Stream(ctx, from, func(c catalog.Change) error {
				if c.Op == catalog.OpTick {
					f.progress.heard()
				} else {
					f.progress.received(c.CommittedAt)
				}
				return put(c, changeBytes(c))
			})
		}, f.commit)
}

// changeBytes is about what a change takes in memory.
func changeBytes(c catalog.Change) int64 {
	return int64(len(c.Raw) + len(c.Position.Token) + len(c.ID) + 128)
}

// commit applies a batch. The dead letters are durable before the position
// passes them, and void ones go before it does, too: a process that dies between
// would leave them for ever, as what heals them never comes again.
func (f *catalogFollower) commit(ctx context.Context, changes []catalog.Change) error {
	f.commits.Lock()
	defer f.commits.Unlock()
	began := f.now()
	m := mapChanges(f.convert, f.to, changes, began)
	received := countChanges(changes)
	if received == 0 && began.Sub(f.stored) < tickStore {
		f.moved(m.last, 0)
		return nil
	}
	if err := f.letters.Put(m.letters); err != nil {
		return err
	}
	if err := f.letters.Clear(SourceCatalog, m.good); err != nil {
		return err
	}
	position, err := m.last.MarshalBinary()
	if err != nil {
		return fmt.Errorf("encode catalogue position: %w", err)
	}
	m.batch.Position = position
	failpoint.Hit("catalog-before-commit")
	if err := f.to.Commit(ctx, m.batch); err != nil {
		return fmt.Errorf("commit catalogue batch: %w", err)
	}
	failpoint.Hit("catalog-after-commit")
	f.stored = f.now()
	f.moved(m.last, received)
	f.measure(changes, m, began)
	return nil
}

// moved tells readers and the status how far the index is.
func (f *catalogFollower) moved(to catalog.Position, applied int) {
	f.frontier.advanceCatalog(to.Time)
	f.progress.done(applied, to.Time.String())
}

func (f *catalogFollower) measure(changes []catalog.Change, m mapped, began time.Time) {
	if len(m.good)+len(m.letters) == 0 {
		return
	}
	now := f.now()
	for _, c := range changes {
		if c.Op != catalog.OpTick {
			f.metrics.fresh(SourceCatalog, c.CommittedAt, now)
		}
	}
	f.metrics.batch(len(m.batch.Documents)+len(m.batch.Deletes), now.Sub(began))
	f.metrics.counted(SourceCatalog, "upsert", "applied", len(m.batch.Documents))
	f.metrics.counted(SourceCatalog, "delete", "applied", len(m.batch.Deletes))
	f.metrics.counted(SourceCatalog, "upsert", "dead-letter", len(m.letters))
	f.metrics.counted(SourceCatalog, "upsert", "superseded", countChanges(changes)-len(m.good)-len(m.letters))
}

func countChanges(changes []catalog.Change) (n int) {
	for _, c := range changes {
		if c.Op != catalog.OpTick {
			n++
		}
	}
	return n
}

// catalogSession follows the catalogue into the serving generation. Where that
// cannot be continued it asks for a rebuild and waits until it is paused for it.
func (x *Indexer) catalogSession(ctx context.Context) error {
	serving, ok := x.store.Serving()
	if !ok {
		return x.awaitRebuild(ctx, "there is no index yet")
	}
	from, err := storedPosition(serving)
	if err != nil {
		return x.lostCatalog(ctx, err)
	}
	if reason := x.store.NeedsRebuild(x.searchSchema); reason != "" && x.declined.Load() != serving.Generation() {
		x.rebuilder.want(reason)
	}
	f := x.newCatalogFollower(serving, x.letters, x.catalog, x.frontier, &x.commits)
	x.catalog.since(from.Time.Wall())
	err = f.run(ctx, from)
	if errors.Is(err, catalog.ErrPositionLost) || errors.Is(err, catalog.ErrInvalidated) {
		return x.lostCatalog(ctx, err)
	}
	return err
}

// letterBox takes what could not be applied.
type letterBox interface {
	Put([]deadletter.Letter) error
	Clear(source string, ids []string) error
}

func (x *Indexer) newCatalogFollower(to generation, letters letterBox, p *progress, fr *frontier, commits *sync.Mutex) *catalogFollower {
	return &catalogFollower{
		source: x.cfg.Catalog, to: to, convert: newConverter(x.cfg.Schema, to.Schema()), letters: letters,
		metrics: x.metrics, progress: p, frontier: fr, now: x.cfg.Now, commits: commits,
	}
}

// storedPosition is how far a generation is. Without one it cannot be continued.
func storedPosition(g generation) (catalog.Position, error) {
	var p catalog.Position
	if err := p.UnmarshalBinary(g.Position()); err != nil {
		return p, fmt.Errorf("%w: %w", catalog.ErrPositionLost, err)
	}
	return p, nil
}

// lostCatalog keeps the serving generation as it is until another takes over.
func (x *Indexer) lostCatalog(ctx context.Context, why error) error {
	x.metrics.lost.WithLabelValues(SourceCatalog).Inc()
	x.cfg.Logger.Warn("catalogue cannot be continued, a rebuild is wanted", "error", why)
	x.catalog.enter(StateBroken, why.Error())
	return x.awaitRebuild(ctx, why.Error())
}

func (x *Indexer) awaitRebuild(ctx context.Context, why string) error {
	x.catalog.cut()
	x.catalogStopped.Store(true)
	defer x.catalogStopped.Store(false)
	x.rebuilder.want(why)
	<-ctx.Done()
	return ctx.Err()
}

// reapply brings one product up to date with what the catalogue holds of it now.
func (x *Indexer) reapply(ctx context.Context, id catalog.ProductID) error {
	x.commits.Lock()
	defer x.commits.Unlock()
	serving, ok := x.store.Serving()
	if !ok {
		return ErrNotReady
	}
	change := catalog.Change{ID: id, Op: catalog.OpDelete}
	switch document, err := x.cfg.Documents.Get(ctx, id); {
	case err == nil:
		change.Op, change.Raw = catalog.OpUpsert, document.Raw
	case !errors.Is(err, catalog.ErrNotFound):
		return fmt.Errorf("read product again: %w", err)
	}
	m := mapChanges(newConverter(x.cfg.Schema, serving.Schema()), serving, []catalog.Change{change}, x.cfg.Now())
	if err := x.letters.Put(m.letters); err != nil {
		return err
	}
	m.batch.Position = nil
	if len(m.good) > 0 {
		if err := serving.Commit(ctx, m.batch); err != nil {
			return fmt.Errorf("commit product again: %w", err)
		}
	}
	return x.letters.Clear(SourceCatalog, m.good)
}
