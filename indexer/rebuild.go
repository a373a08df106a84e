package indexer

import (
	"cmp"
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
	"github.com/aisle-search/aisle/indexer/rebuild"
	"github.com/aisle-search/aisle/internal/failpoint"
	"github.com/aisle-search/aisle/internal/retry"
	"github.com/aisle-search/aisle/search"
)

// snapshotLimits bounds what is held of a snapshot. A batch takes all cores, so it is
// small enough for searches not to wait long.
var snapshotLimits = flow.Limits{QueueItems: 4096, Bytes: 64 << 20, BatchItems: 500, BatchBytes: 4 << 20}

// firstLimits are for a build beside which nothing serves: nobody waits for the
// processor, and larger batches make less to merge (a fifth faster on Icecat).
var firstLimits = flow.Limits{QueueItems: 16 << 10, Bytes: 128 << 20, BatchItems: 8000, BatchBytes: 48 << 20}

const (
	// swapWait bounds how long the serving generation stands still for a swap; it
	// is doubled for each further try, up to longSwapWait.
	swapWait     = 2 * time.Second
	longSwapWait = 30 * time.Second
	// near is how close behind a generation is that may serve.
	near       = time.Second
	approaches = 5
	// streamTries is how often a rebuild's own stream is taken up again.
	streamTries = 5
)

// build is one attempt to make a new generation and let it serve.
type build struct {
	x        *Indexer
	next     generation
	began    time.Time
	progress *progress.Meter // of the new generation's own stream
	frontier *consistency.Frontier
	commits  sync.Mutex
	letters  *deadletter.Drafts // of the new generation
	force    bool               // whatever the judgments say
	back     bool               // next has served before
	want     rebuild.Digests    // of the products that next is to hold
	stale    bool               // want is not known
	dead     int                // documents of the snapshot that became dead letters
	seen     int                // documents of the snapshot
}

// rebuild makes a generation beside the serving one, brings it up to date and
// swaps. Until then the serving one is fed and searched as ever; if anything
// goes wrong it stays.
func (x *Indexer) rebuild(ctx context.Context, want rebuild.Request) error {
	if want.Kind == progress.KindRollback {
		return x.rollback(ctx)
	}
	total, err := x.cfg.Catalog.Count(ctx)
	if err != nil {
		return fmt.Errorf("count documents: %w", err)
	}
	if total == 0 && x.servedDocuments() > 0 {
		return rebuild.ErrEmptySource
	}
	next, err := x.store.Begin(x.searchSchema)
	if err != nil {
		return err
	}
	x.rebuilder.Update(func(s *progress.Reindex) { s.Generation, s.Total = next.Generation(), total })
	b := x.newBuild(next)
	b.force = want.Force
	err = b.run(ctx)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, rebuild.ErrRefused):
		if serving, ok := x.store.Serving(); ok && errors.Is(err, rebuild.ErrWorse) {
			x.declined.Store(serving.Generation())
		}
		if keepErr := x.store.Refuse(next, err.Error()); keepErr != nil {
			x.cfg.Logger.Warn("refused generation was not kept as it should", "error", keepErr)
		}
	default:
		if dropErr := x.store.Discard(next); dropErr != nil {
			x.cfg.Logger.Warn("unfinished generation stays until the next", "error", dropErr)
		}
	}
	return err
}

func (x *Indexer) newBuild(next generation) *build {
	return &build{
		x: x, next: next, began: x.cfg.Now(), frontier: consistency.NewFrontier(), letters: deadletter.NewDrafts(),
		progress: progress.NewMeter(progress.SourceCatalog, x.cfg.Now, x.cfg.Logger.With("generation", next.Generation())),
	}
}

// rollback lets the generation that served before serve again, once it has caught
// up by its own position.
func (x *Indexer) rollback(ctx context.Context) error {
	next, err := x.store.BeginRollback()
	if err != nil {
		return err
	}
	b := x.newBuild(next)
	b.back = true
	x.rebuilder.Update(func(s *progress.Reindex) {
		s.Generation, s.Phase, s.Done, s.Total = next.Generation(), progress.PhaseCatchUp, int64(next.Documents()), int64(next.Documents())
	})
	from, err := storedPosition(next)
	if err == nil {
		b.want.Of(next)
		err = b.catchUp(ctx, from)
	}
	if err != nil {
		if closeErr := x.store.Discard(next); closeErr != nil {
			x.cfg.Logger.Warn("previous generation was not closed", "error", closeErr)
		}
		return fmt.Errorf("roll back to generation %d: %w", next.Generation(), err)
	}
	return nil
}

func (x *Indexer) servedDocuments() int {
	if serving, ok := x.store.Serving(); ok {
		return serving.Documents()
	}
	return 0
}

func (b *build) run(ctx context.Context) error {
	if b.x.catalogStopped.Load() {
		b.x.catalog.Enter(progress.StateSnapshot, "")
	}
	from, err := b.snapshot(ctx)
	if err != nil {
		return fmt.Errorf("read the catalogue: %w", err)
	}
	if err := b.compact(ctx); err != nil {
		return err
	}
	if err := b.gates(); err != nil {
		return err
	}
	if err := b.judgmentGate(ctx); err != nil {
		// A generation that stands still is worse than one that ranks worse.
		if !errors.Is(err, rebuild.ErrWorse) || !b.force && !b.x.catalogStopped.Load() {
			return err
		}
		b.x.cfg.Logger.Warn("generation serves in spite of its judgments", "reason", err)
	}
	failpoint.Hit("rebuild-after-snapshot")
	b.x.rebuilder.Update(func(s *progress.Reindex) {
		s.Phase, s.Done, s.Total = progress.PhaseCatchUp, int64(b.seen), int64(b.seen)
	})
	return b.catchUp(ctx, from)
}

// snapshot reads every document into the new generation. Its position is stored
// last, so that a generation with one is complete.
func (b *build) snapshot(ctx context.Context) (catalog.Position, error) {
	var from catalog.Position
	convert := mapping.NewConverter(b.x.cfg.Schema, b.next.Schema())
	pace := b.x.newPace()
	limits := snapshotLimits
	if _, serves := b.x.store.Serving(); !serves {
		limits = firstLimits
	}
	err := flow.New[catalog.Change](limits).Run(ctx, func(ctx context.Context, put flow.Put[catalog.Change]) (err error) {
		from, err = b.x.cfg.Catalog.Snapshot(ctx, func(c catalog.Change) error {
			if b.x.catalogStopped.Load() {
				b.x.catalog.Heard() // nothing else tells that the source answers
			}
			return put(c, changeBytes(c))
		})
		return err
	}, func(ctx context.Context, changes []catalog.Change) error {
		failpoint.Hit("rebuild-snapshot-batch")
		pace.Next()
		began := b.x.cfg.Now()
		m := mapping.Changes(convert, b.next, changes, began)
		if err := b.letters.Put(m.Letters); err != nil {
			return err
		}
		m.Batch.Deletes, m.Batch.Position = nil, nil // nothing that is hidden was ever in
		m.Batch.Deferred = true
		if err := b.next.Commit(ctx, m.Batch); err != nil {
			return fmt.Errorf("commit snapshot batch: %w", err)
		}
		b.x.metrics.batch(len(m.Batch.Documents), b.x.cfg.Now().Sub(began))
		for i := range m.Batch.Documents {
			b.want.Add(m.Batch.Documents[i].ID, m.Batch.Documents[i].Digest)
		}
		b.dead += len(m.Letters)
		b.seen += len(changes)
		b.report()
		return pace.Yield(ctx, len(changes), b.x.cfg.Now().Sub(began))
	})
	if err != nil {
		return from, err
	}
	return from, storePosition(ctx, b.next, from)
}

// compact merges what the snapshot has written. The generation can serve without, so
// only the end of ctx is an error.
func (b *build) compact(ctx context.Context) error {
	b.x.rebuilder.Update(func(s *progress.Reindex) {
		s.Phase, s.Done, s.Total = progress.PhaseCompact, int64(b.seen), int64(b.seen)
	})
	_, serves := b.x.store.Serving()
	if err := b.next.Compact(ctx, serves); err != nil {
		if ctx.Err() != nil {
			return err
		}
		b.x.cfg.Logger.Warn("index is not compact", "generation", b.next.Generation(), "reason", err)
	}
	return nil
}

func (x *Indexer) newPace() *rebuild.Pace {
	return &rebuild.Pace{
		Now: x.cfg.Now, Load: x.store.Load, Sleep: time.Sleep, Waited: x.yields,
		Pending: func() bool { return x.catalog.Waiting() || x.orders.Waiting() },
	}
}

// report tells how far the snapshot is.
func (b *build) report() {
	took := b.x.cfg.Now().Sub(b.began).Seconds()
	b.x.rebuilder.Update(func(s *progress.Reindex) {
		s.Done, s.Total = int64(b.seen), max(s.Total, int64(b.seen))
		if took > 0 {
			s.Rate = float64(b.seen) / took
		}
		if s.Rate > 0 {
			s.Left = time.Duration(float64(s.Total-s.Done) / s.Rate * float64(time.Second))
		}
	})
}

// gates keep a generation from serving that is plainly worse than the one that
// does.
func (b *build) gates() error {
	served := b.x.servedDocuments()
	switch {
	case served > 0 && b.dead > b.seen/2:
		return fmt.Errorf("%w: %d of %d, the last for this reason: %s", rebuild.ErrMostlyDead, b.dead, b.seen, b.letters.Last())
	case served > 0 && b.next.Documents() == 0:
		return rebuild.ErrEmptySource
	}
	return b.dataGate()
}

// catchUp follows the catalogue into the new generation until it is where the
// serving one is, and swaps.
func (b *build) catchUp(ctx context.Context, from catalog.Position) error {
	following, cancel := context.WithCancel(ctx)
	var failed error
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer cancel() // whoever waits for the stream need not wait any longer
		failed = b.follow(following, from)
	}()
	stop := func() {
		cancel()
		<-ended
	}
	defer stop()
	for wait := swapWait; ; wait = min(2*wait, longSwapWait) {
		if err := b.approach(following); err != nil {
			stop()
			return fmt.Errorf("catch up: %w", cmp.Or(ctx.Err(), failed, err))
		}
		if swapped, err := b.swap(following, stop, wait); swapped || err != nil {
			return err
		}
	}
}

// approach waits until the new generation is close behind what searches see, or
// behind the catalogue where the serving generation stands still. Under writes
// that leave no time for that it gives up waiting: during the swap the serving
// generation stands still, so that the new one gets there.
func (b *build) approach(ctx context.Context) error {
	for range approaches {
		began := b.x.cfg.Now()
		target := b.x.frontier.Applied().Catalog()
		if b.x.catalogStopped.Load() {
			head, err := b.x.cfg.Catalog.Head(ctx)
			if err != nil {
				return err
			}
			target = head
		}
		if !b.frontier.Wait(ctx, consistency.Token{CatalogT: target.T, CatalogI: target.I}) {
			return ctx.Err()
		}
		if b.x.cfg.Now().Sub(began) < near {
			return nil
		}
	}
	return nil
}

func (b *build) follow(ctx context.Context, from catalog.Position) error {
	waits := retry.Waits()
	for try := 1; ; try++ {
		f := b.x.newCatalogFollower(tallied{b.next, &b.want, &b.stale}, b.letters, b.progress, b.frontier, &b.commits)
		err := f.run(ctx, from)
		b.progress.Cut()
		if ctx.Err() != nil || try == streamTries ||
			errors.Is(err, catalog.ErrPositionLost) || errors.Is(err, catalog.ErrInvalidated) {
			return err
		}
		if !retry.Sleep(ctx, waits.NextBackOff()) {
			return ctx.Err()
		}
		if from, err = storedPosition(b.next); err != nil {
			return err
		}
	}
}

// swap lets the new generation serve once it has all that readers have seen.
// Both streams stand still meanwhile; the serving loop goes on from the new
// generation's position.
func (b *build) swap(ctx context.Context, stop func(), wait time.Duration) (swapped bool, err error) {
	x := b.x
	live := !x.catalogStopped.Load()
	resume, err := x.catalogLoop.pause(ctx)
	if err != nil {
		return false, err
	}
	defer resume()
	x.rebuilder.Update(func(s *progress.Reindex) { s.Phase = progress.PhaseSwap })
	if live {
		// What was seen once must not be missing afterwards.
		seen := x.frontier.Applied()
		seen.OrdersLSN = 0
		waiting, cancel := context.WithTimeout(ctx, wait)
		defer cancel()
		if !b.frontier.Wait(waiting, seen) {
			x.rebuilder.Update(func(s *progress.Reindex) { s.Phase = progress.PhaseCatchUp })
			return false, ctx.Err()
		}
	}
	stop() // what the stream had not committed comes again
	if err := b.dataGate(); err != nil {
		return false, err
	}
	return true, b.serve()
}

func (b *build) serve() error {
	x := b.x
	x.commits.Lock()
	defer x.commits.Unlock()
	failpoint.Hit("rebuild-before-swap")
	if err := x.letters.Put(b.letters.All()); err != nil {
		return err
	}
	if err := x.store.Swap(b.next); err != nil {
		return err
	}
	failpoint.Hit("rebuild-after-swap")
	x.frontier.ResetCatalog(b.frontier.Applied().Catalog())
	x.catalog.Enter(progress.StateStreaming, "")
	if b.back { // it has read no document anew, but may have followed further than the other
		x.declined.Store(b.next.Generation())
		if err := x.letters.Clear(progress.SourceCatalog, b.letters.Good()); err != nil {
			x.cfg.Logger.Warn("dead letters of products that are good stay", "error", err)
		}
		return nil
	}
	if err := x.letters.Keep(progress.SourceCatalog, b.letters.IDs()); err != nil {
		x.cfg.Logger.Warn("dead letters of before the rebuild stay", "error", err)
	}
	return nil
}

func storePosition(ctx context.Context, g generation, p catalog.Position) error {
	position, err := p.MarshalBinary()
	if err != nil {
		return fmt.Errorf("encode catalogue position: %w", err)
	}
	return g.Commit(ctx, search.Batch{Position: position, Deferred: true})
}
