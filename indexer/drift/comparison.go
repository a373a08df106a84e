package drift

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
	"golang.org/x/time/rate"

	"github.com/aisle-search/aisle/indexer/consistency"
	"github.com/aisle-search/aisle/indexer/mapping"
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
	// readTries is how often an index is taken up that was closed by a swap.
	readTries = 5
	// backgroundRate bounds comparisons by the clock, in products a second.
	backgroundRate = 500
)

// comparison is one run of the drift check. Index and sources move while they
// are compared, so a difference at first sight means little: the product is read
// again, then the index is waited for to reach the time of that read, and only
// what differs again and again with the document unchanged is drift.
type comparison struct {
	checker *Checker
	from    Config
	repair  bool
	slow    *rate.Limiter // nil: as fast as it goes
	report  Report

	atStart *roaring.Bitmap // numbers of the products that the index held at first
	met     *roaring.Bitmap // numbers of the products that the source has named
}

func newComparison(v *Checker, repair, background bool) *comparison {
	c := &comparison{checker: v, from: v.cfg, repair: repair, report: Report{
		Repair: repair, Background: background, StartedAt: v.cfg.Now(),
		Drift: map[Kind]Findings{}, left: map[Kind]int64{},
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
	if why := c.from.Store.NeedsRebuild(mapping.SearchSchema(c.from.Schema)); why != "" {
		return fmt.Errorf("a rebuild is due, which compares by itself: %s", why)
	}
	if err := c.products(ctx); err != nil {
		return fmt.Errorf("compare products: %w", err)
	}
	if err := c.signals(ctx); err != nil {
		return fmt.Errorf("compare stock and sales: %w", err)
	}
	return c.reachOrders(ctx)
}

// index is the one that serves now; another may in a moment.
func (c *comparison) index() (*search.Index, error) {
	index, ok := c.from.Store.Serving()
	if !ok {
		return nil, errNotReady
	}
	return index, nil
}

// read reads from the index. One that was closed by a swap has yielded nothing.
func (c *comparison) read(from func(*search.Index) error) error {
	for try := 1; ; try++ {
		index, err := c.index()
		if err != nil {
			return err
		}
		if err = from(index); !errors.Is(err, search.ErrClosed) || try == readTries {
			return err
		}
	}
}

func (c *comparison) held(ids []string) (held []search.Held, err error) {
	err = c.read(func(index *search.Index) (err error) {
		held, err = index.Held(ids)
		return err
	})
	return held, err
}

func (c *comparison) live(yield func(number uint32, s search.Signal) bool) error {
	return c.read(func(index *search.Index) error { return index.Live(yield) })
}

// reachCatalog waits until searches see everything that the catalogue holds now.
func (c *comparison) reachCatalog(ctx context.Context) error {
	head, err := c.from.Catalog.Head(ctx)
	if err != nil {
		return err
	}
	if err := c.reach(ctx, consistency.Token{CatalogT: head.T, CatalogI: head.I}); err != nil {
		return err
	}
	c.report.CatalogPosition = head.String()
	return nil
}

func (c *comparison) reach(ctx context.Context, want consistency.Token) error {
	waiting, cancel := context.WithTimeout(ctx, reachWait)
	defer cancel()
	if c.from.Pipeline.WaitFor(waiting, want) {
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return errNotFollowing
}
