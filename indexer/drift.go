package indexer

import (
	"context"
	"fmt"

	"github.com/aisle-search/aisle/catalog"
	"github.com/aisle-search/aisle/indexer/drift"
)

// Verify asks for a comparison of the serving index with its sources and returns
// at once. With repair, what differs is applied again from the sources.
func (x *Indexer) Verify(repair bool) error {
	if _, ok := x.store.Serving(); !ok {
		return ErrNotReady
	}
	return x.checker.Ask(repair)
}

// VerifyReport is the running comparison, or the last; nil if there was none.
func (x *Indexer) VerifyReport() *drift.Report { return x.checker.Report() }

// AwaitVerify waits until no comparison runs or waits, or ctx ends, and says
// which.
func (x *Indexer) AwaitVerify(ctx context.Context) (ended bool) { return x.checker.Await(ctx) }

// compared is the pipeline as the drift check mends it.
type compared struct{ *Indexer }

// Reapply applies a product again, as the catalogue holds it now.
func (c compared) Reapply(ctx context.Context, id catalog.ProductID) error { return c.reapply(ctx, id) }

// Republish shows what the ledger holds.
func (c compared) Republish(_ context.Context, ids []string) error {
	c.publishing.Lock()
	defer c.publishing.Unlock()
	signals, err := c.ledger.Signals(ids)
	if err != nil {
		return fmt.Errorf("read signals: %w", err)
	}
	c.store.SetSignals(signals, nil)
	return nil
}

// RereadOrders takes a snapshot of all rows. The stream stands still meanwhile and
// goes on from the snapshot; if that fails its next session takes one.
func (c compared) RereadOrders(ctx context.Context) error {
	resume, err := c.ordersLoop.pause(ctx)
	if err != nil {
		return err
	}
	defer resume()
	_, err = c.readOrders(ctx)
	return err
}
