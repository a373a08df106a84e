package audit

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/time/rate"
)

// writeTimeout bounds one write. The end of the walks does not cut one short, so
// that the writer knows what it has done.
const writeTimeout = 30 * time.Second

// Writer changes products in a database, so that they can still be found. No two
// calls of one writer overlap.
type Writer struct {
	Name  string
	IDs   []string // products that it can change; not empty
	Write func(ctx context.Context, id string) error
}

// write lets each writer change random products until ctx ends.
func (r *run) write(ctx context.Context) error {
	g, writing := errgroup.WithContext(ctx)
	for n, w := range r.config.Writers {
		pace := rate.NewLimiter(rate.Limit(r.config.Rate/float64(len(r.config.Writers))), 1)
		g.Go(func() error {
			d := drawer{Rand: rand.New(rand.NewPCG(r.config.Seed, ^uint64(n))), shop: r.shop}
			for pace.Wait(writing) == nil {
				if err := writeOnce(writing, w, pick(&d, w.IDs)); err != nil {
					return fmt.Errorf("write %s: %w", w.Name, err)
				}
				r.mu.Lock()
				r.report.Writes++
				r.mu.Unlock()
			}
			return nil
		})
	}
	return g.Wait()
}

func writeOnce(ctx context.Context, w Writer, id string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTimeout)
	defer cancel()
	return w.Write(ctx, id)
}
