package change

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"
)

// Putting back what thousands of writes changed takes a while.
const (
	restorers      = 8
	restoreTimeout = 30 * time.Second // of one product
)

// each puts back each product, several at once. All is tried, whatever fails; the first
// error is given.
func each(ctx context.Context, ids []string, putBack func(context.Context, string) error) error {
	var g errgroup.Group
	g.SetLimit(restorers)
	for _, id := range ids {
		g.Go(func() error {
			ctx, cancel := context.WithTimeout(ctx, restoreTimeout)
			defer cancel()
			if err := putBack(ctx, id); err != nil {
				return fmt.Errorf("put back %s: %w", id, err)
			}
			return nil
		})
	}
	return g.Wait()
}
