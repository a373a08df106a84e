package soak

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"

	"github.com/google/uuid"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

func pick[T any](rng *rand.Rand, from []T) T { return from[rng.IntN(len(from))] }

// churnOf is what one writer does; every other one writes to Postgres. A database
// that is away takes nothing, which is no fault of the index.
func (r *run) churnOf(n int) func(context.Context, *rand.Rand) {
	change, counted := r.changeCatalog, func(p *Report) { p.CatalogWrites++ }
	if n%2 == 1 {
		change, counted = r.changeOrders, func(p *Report) { p.OrderWrites++ }
	}
	return func(ctx context.Context, rng *rand.Rand) {
		ctx, cancel := context.WithTimeout(ctx, r.http.Timeout)
		defer cancel()
		if err := change(ctx, rng); err != nil {
			r.count(func(p *Report) { p.WriteErrors++ })
			return
		}
		r.count(counted)
	}
}

// changeCatalog makes one write to MongoDB.
func (r *run) changeCatalog(ctx context.Context, rng *rand.Rand) error {
	id := pick(rng, r.ids)
	set := func(field string, value any) error {
		_, err := r.products.UpdateByID(ctx, id, bson.D{{Key: "$set", Value: bson.D{{Key: field, Value: value}}}})
		return err
	}
	switch n := rng.IntN(100); {
	case n < 40:
		return set("price.amount", 1+rng.IntN(100_000))
	case n < 55:
		return set("name", fmt.Sprintf("Renamed %d of %s", rng.IntN(1000), id))
	case n < 65:
		return set("status", pick(rng, []string{"draft", "published", "published"}))
	case n < 68:
		return set("price.amount", "no price at all") // becomes a dead letter
	case n < 78:
		_, err := r.products.DeleteOne(ctx, bson.D{{Key: "_id", Value: id}})
		return err
	}
	_, err := r.products.ReplaceOne(ctx, bson.D{{Key: "_id", Value: id}}, bson.D{
		{Key: "name", Value: fmt.Sprintf("Replaced %d of %s", rng.IntN(1000), id)},
		{Key: "status", Value: "published"},
		{Key: "brand", Value: bson.D{{Key: "name", Value: pick(rng, brands)}}},
		{Key: "price", Value: bson.D{{Key: "amount", Value: 1 + rng.IntN(100_000)}}},
		{Key: "attributes", Value: bson.D{{Key: fmt.Sprintf("made_up_%d", rng.IntN(20)), Value: rng.IntN(10)}}},
	}, options.Replace().SetUpsert(true))
	return err
}

var brands = []string{"Acme", "Globex", "Initech"}

// changeOrders makes one write to Postgres, some of them through a node.
func (r *run) changeOrders(ctx context.Context, rng *rand.Rand) error {
	id := pick(rng, r.ids)
	switch n := rng.IntN(100); {
	case n < 20:
		return r.order(ctx, rng, id)
	case n < 85:
		_, err := r.sql.Exec(ctx, `INSERT INTO stock (product_id, on_hand) VALUES ($1, $2)
			ON CONFLICT (product_id) DO UPDATE SET on_hand = stock.reserved + excluded.on_hand`, id, rng.IntN(4))
		return err
	case n < 92:
		_, err := r.sql.Exec(ctx, `DELETE FROM stock WHERE product_id = $1 AND reserved = 0`, id)
		return err
	}
	_, err := r.sql.Exec(ctx, `DELETE FROM orders WHERE id = (SELECT id FROM orders LIMIT 1)`)
	return err
}

// order places one through a node. That it is refused, or the node away, is no error.
func (r *run) order(ctx context.Context, rng *rand.Rand, id string) error {
	serving := r.serving()
	if len(serving) == 0 {
		return nil
	}
	_, _ = r.call(ctx, http.MethodPost, pick(rng, serving).URL+"/v1/orders", map[string]any{
		"customer": "soak", "lines": []any{map[string]any{"product": id, "quantity": 1 + rng.IntN(2)}},
	}, nil, "Idempotency-Key", uuid.NewString())
	return nil
}
