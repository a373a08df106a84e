package drift

import (
	"context"
	"runtime"

	"github.com/RoaringBitmap/roaring/v2"
	"golang.org/x/sync/errgroup"

	"github.com/aisle-search/aisle/catalog"
	"github.com/aisle-search/aisle/indexer/mapping"
	"github.com/aisle-search/aisle/search"
)

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
	_, err = c.from.Catalog.Snapshot(ctx, func(change catalog.Change) error {
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
	if err := c.extras(ctx); err != nil {
		return err
	}
	return c.reachCatalog(ctx)
}

// judgeShare is the least number of documents worth a goroutine of their own.
const judgeShare = 32

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
	product, err := c.from.Schema.Read(change)
	switch {
	case mapping.Hidden(err), err == nil && !product.Visible:
		return judgement{fate: fateAbsent}
	case err != nil:
		return judgement{fate: fateDead}
	}
	return judgement{fate: fateShown, digest: product.Digest()}
}

func (c *comparison) judgeAll(changes []catalog.Change) []judgement {
	out := make([]judgement, len(changes))
	workers := max(1, min(runtime.GOMAXPROCS(0), len(changes)/judgeShare))
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
	c.checker.publish(c.published())
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

func differs(want judgement, held search.Held) Kind {
	switch {
	case want.fate == fateDead:
		return "" // the index keeps the last that was good
	case want.fate == fateShown && !held.Found:
		return Missing
	case want.fate == fateAbsent && held.Found:
		return Extra
	case want.fate == fateShown && held.Digest != want.digest:
		return Different
	}
	return ""
}

// reapplyAll applies products again, as the catalogue holds them now.
func (c *comparison) reapplyAll(ctx context.Context, ids []string) error {
	for _, id := range ids {
		if err := c.from.Pipeline.Reapply(ctx, catalog.ProductID(id)); err != nil {
			return err
		}
	}
	return nil
}
