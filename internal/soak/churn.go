package soak

import (
	"context"
	"math/rand/v2"
	"net/http"

	"github.com/google/uuid"

	"github.com/aisle-search/aisle/internal/shop"
)

// churn lets several write to each database. A database that is away takes nothing,
// which is no fault of the index.
func (r *run) churn(crew *shop.Crew) {
	w := &shop.Writer{Shop: r.shop, IDs: r.ids, Order: r.order}
	for n := range 2 * churnWriters {
		write, counted := w.Catalog, func(p *Report) { p.CatalogWrites++ }
		if n%2 == 1 {
			write, counted = w.Orders, func(p *Report) { p.OrderWrites++ }
		}
		crew.Hire(uint64(n+1), writeEvery, func(ctx context.Context, rng *rand.Rand) error {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTimeout) // what was begun is finished
			defer cancel()
			if write(ctx, rng) != nil {
				r.count(func(p *Report) { p.WriteErrors++ })
			} else {
				r.count(counted)
			}
			return nil
		})
	}
}

// order places one through a node. That it is refused, or the node away, is no error.
func (r *run) order(ctx context.Context, rng *rand.Rand, id string) error {
	serving := r.serving()
	if len(serving) == 0 {
		return nil
	}
	_, _ = r.at(shop.Pick(rng, serving).URL).Call(ctx, http.MethodPost, "/v1/orders", map[string]any{
		"customer": "soak", "lines": []any{map[string]any{"product": id, "quantity": 1 + rng.IntN(2)}},
	}, nil, "Idempotency-Key", uuid.NewString())
	return nil
}
