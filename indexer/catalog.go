package indexer

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/aisle-search/aisle/catalog"
	"github.com/aisle-search/aisle/indexer/consistency"
	"github.com/aisle-search/aisle/indexer/deadletter"
	"github.com/aisle-search/aisle/indexer/flow"
	"github.com/aisle-search/aisle/indexer/mapping"
	"github.com/aisle-search/aisle/indexer/progress"
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
	convert  mapping.Converter
	letters  letterBox
	metrics  *metrics
	progress *progress.Meter
	frontier *consistency.Frontier
	now      func() time.Time
	// commits is held while a batch is read, mapped and committed, so that a
	// replayed product is not overtaken by an older change.
	commits *sync.Mutex
	stored  time.Time // when a position was last made durable
}

// run follows from a position until the source or a commit fails.
func (f *catalogFollower) run(ctx context.Context, from catalog.Position) error {
	f.progress.Open(from.Time.String())
	f.frontier.AdvanceCatalog(from.Time)
	f.stored = f.now()
	return flow.New[catalog.Change](catalogLimits).Run(ctx,
		func(ctx context.Context, put flow.Put[catalog.Change]) error {
			return f.source.Stream(ctx, from, func(c catalog.Change) error {
				if c.Op == catalog.OpTick {
					f.progress.Heard()
				} else {
					f.progress.Received(c.CommittedAt)
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
	m := mapping.Changes(f.convert, f.to, changes, began)
	received := countChanges(changes)
	if received == 0 && began.Sub(f.stored) < tickStore {
		f.moved(m.Last, 0)
		return nil
	}
	if err := f.letters.Put(m.Letters); err != nil {
		return err
	}
	if err := f.letters.Clear(progress.SourceCatalog, m.Good); err != nil {
		return err
	}
	position, err := m.Last.MarshalBinary()
	if err != nil {
		return fmt.Errorf("encode catalogue position: %w", err)
	}
	m.Batch.Position = position
	failpoint.Hit("catalog-before-commit")
	if err := f.to.Commit(ctx, m.Batch); err != nil {
		return fmt.Errorf("commit catalogue batch: %w", err)
	}
	failpoint.Hit("catalog-after-commit")
	f.stored = f.now()
	f.moved(m.Last, received)
	f.measure(changes, m, began)
	return nil
}

// moved tells readers and the status how far the index is.
func (f *catalogFollower) moved(to catalog.Position, applied int) {
	f.frontier.AdvanceCatalog(to.Time)
	f.progress.Done(applied, to.Time.String())
}

func (f *catalogFollower) measure(changes []catalog.Change, m mapping.Mapped, began time.Time) {
	if len(m.Good)+len(m.Letters) == 0 {
		return
	}
	now := f.now()
	for _, c := range changes {
		if c.Op != catalog.OpTick {
			f.metrics.fresh(progress.SourceCatalog, c.CommittedAt, now)
		}
	}
	f.metrics.batch(len(m.Batch.Documents)+len(m.Batch.Deletes), now.Sub(began))
	f.metrics.counted(progress.SourceCatalog, "upsert", "applied", len(m.Batch.Documents))
	f.metrics.counted(progress.SourceCatalog, "delete", "applied", len(m.Batch.Deletes))
	f.metrics.counted(progress.SourceCatalog, "upsert", "dead-letter", len(m.Letters))
	f.metrics.counted(progress.SourceCatalog, "upsert", "superseded", countChanges(changes)-len(m.Good)-len(m.Letters))
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
		x.rebuilder.Want(reason)
	}
	f := x.newCatalogFollower(serving, x.letters, x.catalog, x.frontier, &x.commits)
	x.catalog.Since(from.Time.Wall())
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

func (x *Indexer) newCatalogFollower(to generation, letters letterBox, p *progress.Meter, fr *consistency.Frontier, commits *sync.Mutex) *catalogFollower {
	return &catalogFollower{
		source: x.cfg.Catalog, to: to, convert: mapping.NewConverter(x.cfg.Schema, to.Schema()), letters: letters,
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
	x.metrics.lost.WithLabelValues(progress.SourceCatalog).Inc()
	x.cfg.Logger.Warn("catalogue cannot be continued, a rebuild is wanted", "error", why)
	x.catalog.Enter(progress.StateBroken, why.Error())
	return x.awaitRebuild(ctx, why.Error())
}

func (x *Indexer) awaitRebuild(ctx context.Context, why string) error {
	x.catalog.Cut()
	x.catalogStopped.Store(true)
	defer x.catalogStopped.Store(false)
	x.rebuilder.Want(why)
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
	m := mapping.Changes(mapping.NewConverter(x.cfg.Schema, serving.Schema()), serving, []catalog.Change{change}, x.cfg.Now())
	if err := x.letters.Put(m.Letters); err != nil {
		return err
	}
	m.Batch.Position = nil
	if len(m.Good) > 0 {
		if err := serving.Commit(ctx, m.Batch); err != nil {
			return fmt.Errorf("commit product again: %w", err)
		}
	}
	return x.letters.Clear(progress.SourceCatalog, m.Good)
}
