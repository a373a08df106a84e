package indexer

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
	"golang.org/x/sync/errgroup"
	"golang.org/x/time/rate"

	"github.com/aisle-search/aisle/catalog"
	"github.com/aisle-search/aisle/search"
)

const (
	// rangeProducts is how many products are compared at once.
	rangeProducts = 1000
	// reachWait bounds how long the index may take to get to where its sources are.
	reachWait = 30 * time.Second
	// looks is how often a difference must be seen, with nothing changed on either
	// side, to count; maxLooks bounds how often a product is looked at.
	looks    = 3
	maxLooks = 8
	// backgroundRate bounds comparisons by the clock, in products a second.
	backgroundRate = 500
)

// comparison is one run of the drift check. Index and sources move while they
// are compared, so a difference at first sight means little: the product is read
// again, then the index is waited for to reach the time of that read, and only
// what differs again and again with the document unchanged is drift.
type comparison struct {
	x      *Indexer
	repair bool
	slow   *rate.Limiter // nil: as fast as it goes
	report VerifyReport

	atStart *roaring.Bitmap // numbers of the products that the index held at first
	met     *roaring.Bitmap // numbers of the products that the source has named
}

func newComparison(x *Indexer, repair, background bool) *comparison {
	c := &comparison{x: x, repair: repair, report: VerifyReport{
		Repair: repair, Background: background, StartedAt: x.cfg.Now(),
		Drift: map[DriftKind]Findings{}, left: map[DriftKind]int64{},
	}}
	if background {
		c.slow = rate.NewLimiter(backgroundRate, rangeProducts)
	}
	return c
}

func (c *comparison) run(ctx context.Context) error {
	index, err := c.index()
	if err != nil {
		return err
	}
	c.report.Generation = index.Generation()
	if why := c.x.store.NeedsRebuild(c.x.searchSchema); why != "" {
		return fmt.Errorf("a rebuild is due, which compares by itself: %s", why)
	}
	if err := c.products(ctx); err != nil {
		return fmt.Errorf("compare products: %w", err)
	}
	if err := c.signals(ctx); err != nil {
		return fmt.Errorf("compare stock and sales: %w", err)
	}
	return nil
}

// index is the one that serves now; another may in a moment.
func (c *comparison) index() (*search.Index, error) {
	index, ok := c.x.cfg.Store.Serving()
	if !ok {
		return nil, ErrNotReady
	}
	return index, nil
}

func (c *comparison) held(ids []string) ([]search.Held, error) {
	for try := 1; ; try++ {
		index, err := c.index()
		if err != nil {
			return nil, err
		}
		held, err := index.Held(ids)
		if !errors.Is(err, search.ErrClosed) || try == streamTries { // a swap came between
			return held, err
		}
	}
}

func (c *comparison) live(yield func(number uint32, s search.Signal) bool) error {
	index, err := c.index()
	if err != nil {
		return err
	}
	return index.Live(yield)
}

// products reads the catalogue once, in the order of _id, and then what the index
// held from the beginning and the catalogue did not name.
func (c *comparison) products(ctx context.Context) error {
	c.atStart, c.met = roaring.New(), roaring.New()
	err := c.live(func(number uint32, _ search.Signal) bool {
		c.atStart.Add(number)
		return true
	})
	if err != nil {
		return err
	}
	var batch []catalog.Change
	_, err = c.x.cfg.Catalog.Snapshot(ctx, func(change catalog.Change) error {
		batch = append(batch, change)
		if len(batch) < rangeProducts {
			return nil
		}
		full := batch
		batch = batch[:0]
		return c.compareRange(ctx, full)
	})
	if err != nil {
		return err
	}
	if err := c.compareRange(ctx, batch); err != nil {
		return err
	}
	return c.extras(ctx)
}

// fate is what becomes of a product in the index.
type fate uint8

const (
	fateAbsent fate = iota // gone or unpublished
	fateShown
	fateDead // cannot be indexed
)

// judgement is what the catalogue wants the index to hold of a product.
type judgement struct {
	fate    fate
	digest  uint64
	version catalog.Version // of the document; empty if there is none
}

// judge reads a document by the schema. Whether the index takes it is not asked.
func (c *comparison) judge(change catalog.Change) judgement {
	product, err := c.x.cfg.Schema.Product(change.Raw)
	switch {
	case err != nil:
		return judgement{fate: fateDead}
	case !product.Visible:
		return judgement{fate: fateAbsent}
	}
	return judgement{fate: fateShown, digest: product.Digest()}
}

func (c *comparison) judgeAll(changes []catalog.Change) []judgement {
	out := make([]judgement, len(changes))
	workers := max(1, min(runtime.GOMAXPROCS(0), len(changes)/mapShare))
	if c.slow != nil {
		workers = 1
	}
	var g errgroup.Group
	for w := range workers {
		g.Go(func() error {
			for i := w; i < len(changes); i += workers {
				out[i] = c.judge(changes[i])
			}
			return nil
		})
	}
	_ = g.Wait() // the workers return no errors
	return out
}

// compareRange compares a run of documents with what the index holds of them.
func (c *comparison) compareRange(ctx context.Context, changes []catalog.Change) error {
	if len(changes) == 0 {
		return nil
	}
	if err := c.wait(ctx, len(changes)); err != nil {
		return err
	}
	ids := make([]string, len(changes))
	for i, change := range changes {
		ids[i] = string(change.ID)
	}
	held, err := c.held(ids)
	if err != nil {
		return err
	}
	var suspects []string
	for i, want := range c.judgeAll(changes) {
		c.met.Add(held[i].Number)
		switch {
		case want.fate == fateDead:
			c.report.DeadLetters.add(ids[i])
		case differs(want, held[i]) != "":
			suspects = append(suspects, ids[i])
		}
	}
	c.report.Products += int64(len(changes))
	c.report.Ranges++
	if len(suspects) > 0 {
		c.report.Reread++
	}
	if err := c.handle(ctx, suspects, c.settle, c.reapplyAll); err != nil {
		return err
	}
	c.x.verifier.publish(c.published())
	return nil
}

func (c *comparison) wait(ctx context.Context, n int) error {
	if c.slow == nil {
		return ctx.Err()
	}
	return c.slow.WaitN(ctx, n)
}

// extras looks at the products that the index has held since the beginning and
// the catalogue has not named.
func (c *comparison) extras(ctx context.Context) error {
	c.atStart.AndNot(c.met)
	for !c.atStart.IsEmpty() {
		var suspects []string
		err := c.live(func(number uint32, s search.Signal) bool {
			if c.atStart.CheckedRemove(number) {
				suspects = append(suspects, s.ID)
			}
			return len(suspects) < maxSuspects
		})
		if err != nil || len(suspects) == 0 { // the others have gone meanwhile
			return err
		}
		if err := c.handle(ctx, suspects, c.settle, c.reapplyAll); err != nil {
			return err
		}
	}
	return nil
}

func differs(want judgement, held search.Held) DriftKind {
	switch {
	case want.fate == fateDead:
		return "" // the index keeps the last that was good
	case want.fate == fateShown && !held.Found:
		return DriftMissing
	case want.fate == fateAbsent && held.Found:
		return DriftExtra
	case want.fate == fateShown && held.Digest != want.digest:
		return DriftDifferent
	}
	return ""
}

// finding is a product that differs for good.
type finding struct {
	id   string
	kind DriftKind
}

// handle settles suspects, range by range, and counts what differs; with repair
// that is applied again and looked at once more.
func (c *comparison) handle(ctx context.Context, suspects []string,
	settle func(context.Context, []string) ([]finding, error), again func(context.Context, []string) error) error {
	for len(suspects) > 0 {
		n := min(len(suspects), rangeProducts)
		found, err := settle(ctx, suspects[:n])
		if err != nil {
			return err
		}
		suspects = suspects[n:]
		c.count(found)
		if c.repair && len(found) > 0 {
			if err := again(ctx, idsOf(found)); err != nil {
				return err
			}
			before := len(found)
			if found, err = settle(ctx, idsOf(found)); err != nil {
				return err
			}
			c.report.Repaired += int64(before - len(found))
		}
		for _, f := range found {
			c.report.left[f.kind]++
			c.report.Remaining++
		}
	}
	return nil
}

func (c *comparison) count(found []finding) {
	for _, f := range found {
		sum := c.report.Drift[f.kind]
		sum.add(f.id)
		c.report.Drift[f.kind] = sum
	}
}

func idsOf(found []finding) []string {
	ids := make([]string, len(found))
	for i, f := range found {
		ids[i] = f.id
	}
	return ids
}

// published is a copy of the report that is not changed any more.
func (c *comparison) published() VerifyReport {
	r := c.report
	r.Drift, r.left = maps.Clone(r.Drift), maps.Clone(r.left)
	return r
}

// look is what was seen of a product at one time.
type look struct {
	want judgement
	held search.Held
	kind DriftKind
	seen int // how often, with nothing changed
}

// same says whether nothing has happened to the product between two looks. The
// index notes when it last took the product, so that one that was changed and
// changed back is not taken for one that was forgotten. Signals are no part of it.
func (l look) same(before look) bool {
	return l.kind == before.kind && l.want == before.want && l.held.Found == before.held.Found &&
		l.held.Digest == before.held.Digest && l.held.IndexedAt.Equal(before.held.IndexedAt)
}

// settle tells which products differ from the catalogue for good.
func (c *comparison) settle(ctx context.Context, ids []string) (found []finding, err error) {
	before := map[string]look{}
	for range maxLooks {
		wants, err := c.readAgain(ctx, ids)
		if err != nil {
			return nil, err
		}
		if err := c.reachCatalog(ctx); err != nil {
			return nil, err
		}
		held, err := c.held(ids)
		if err != nil {
			return nil, err
		}
		var open []string
		for i, id := range ids {
			now := look{want: wants[i], held: held[i], kind: differs(wants[i], held[i]), seen: 1}
			if now.kind == "" {
				continue
			}
			if last, ok := before[id]; ok && now.same(last) {
				now.seen += last.seen
			}
			if now.seen >= looks {
				found = append(found, finding{id, now.kind})
				continue
			}
			before[id], open = now, append(open, id)
		}
		if ids = open; len(ids) == 0 {
			return found, nil
		}
	}
	c.report.Unsettled += int64(len(ids))
	return found, nil
}

// readAgain reads products one by one, as the pipeline would apply them now.
func (c *comparison) readAgain(ctx context.Context, ids []string) ([]judgement, error) {
	index, err := c.index()
	if err != nil {
		return nil, err
	}
	out := make([]judgement, len(ids))
	convert := newConverter(c.x.cfg.Schema, index.Schema())
	for i, id := range ids {
		document, err := c.x.cfg.Documents.Get(ctx, catalog.ProductID(id))
		if errors.Is(err, catalog.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read product again: %w", err)
		}
		v := mapOne(convert, index, catalog.Change{ID: catalog.ProductID(id), Op: catalog.OpUpsert, Raw: document.Raw})
		out[i] = judgement{version: document.Version}
		switch {
		case v.failed != nil:
			out[i].fate = fateDead
		case v.keep:
			out[i].fate, out[i].digest = fateShown, v.document.Digest
		}
	}
	return out, nil
}

// reachCatalog waits until searches see everything that the catalogue holds now.
func (c *comparison) reachCatalog(ctx context.Context) error {
	head, err := c.x.cfg.Catalog.Head(ctx)
	if err != nil {
		return err
	}
	if err := c.reach(ctx, Token{CatalogT: head.T, CatalogI: head.I}); err != nil {
		return err
	}
	c.report.CatalogPosition = head.String()
	return nil
}

func (c *comparison) reach(ctx context.Context, want Token) error {
	waiting, cancel := context.WithTimeout(ctx, reachWait)
	defer cancel()
	if c.x.WaitFor(waiting, want) {
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return errNotFollowing
}

// reapplyAll applies products again, as the catalogue holds them now.
func (c *comparison) reapplyAll(ctx context.Context, ids []string) error {
	for _, id := range ids {
		if err := c.x.reapply(ctx, catalog.ProductID(id)); err != nil {
			return err
		}
	}
	return nil
}
