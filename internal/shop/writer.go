package shop

import (
	"context"
	"fmt"
	"math/rand/v2"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// Brands are those of the products that a Writer makes. Two of them are one brand in
// two spellings.
func Brands() []string { return []string{"Acme", "ACME", "Globex", "Café Noir"} }

// Writer changes everything there is, at random. It may be used by many goroutines at
// once.
type Writer struct {
	Shop *Shop
	// IDs are the products that are changed.
	IDs []string
	// Order places, cancels or loads an order; of the product, if it wants one.
	Order func(ctx context.Context, rng *rand.Rand, id string) error
}

// Catalog makes one write to MongoDB.
func (w *Writer) Catalog(ctx context.Context, rng *rand.Rand) error {
	products, id := w.Shop.Products, Pick(rng, w.IDs)
	set := func(field string, value any) error {
		_, err := products.UpdateByID(ctx, id, bson.D{{Key: "$set", Value: bson.D{{Key: field, Value: value}}}})
		return err
	}
	switch n := rng.IntN(100); {
	case n < 45:
		return set("price.amount", 1+rng.IntN(100_000))
	case n < 60:
		return set("name", fmt.Sprintf("Renamed %d of %s", rng.IntN(1000), id))
	case n < 70:
		return set("status", Pick(rng, []string{"draft", "published", "published"}))
	case n < 74:
		return set("price.amount", "no price at all") // becomes a dead letter
	case n < 84:
		_, err := products.DeleteOne(ctx, bson.D{{Key: "_id", Value: id}})
		return err
	}
	// A whole document, in place of what is there or was deleted.
	_, err := products.ReplaceOne(ctx, bson.D{{Key: "_id", Value: id}}, bson.D{
		{Key: "name", Value: fmt.Sprintf("Replaced %d of %s", rng.IntN(1000), id)},
		{Key: "status", Value: "published"},
		{Key: "brand", Value: bson.D{{Key: "name", Value: Pick(rng, Brands())}}},
		{Key: "price", Value: bson.D{{Key: "amount", Value: 1 + rng.IntN(100_000)}}},
		{Key: "attributes", Value: bson.D{{Key: fmt.Sprintf("made_up_%d", rng.IntN(50)), Value: rng.IntN(10)}}},
	}, options.Replace().SetUpsert(true))
	return err
}

// Orders makes one write to Postgres.
func (w *Writer) Orders(ctx context.Context, rng *rand.Rand) error {
	sql, id := w.Shop.SQL, Pick(rng, w.IDs)
	switch n := rng.IntN(100); {
	case n < 45:
		return w.Order(ctx, rng, id)
	case n < 85:
		_, err := sql.Exec(ctx, `INSERT INTO stock (product_id, on_hand) VALUES ($1, $2)
			ON CONFLICT (product_id) DO UPDATE SET on_hand = stock.reserved + excluded.on_hand`, id, rng.IntN(4))
		return err
	case n < 92:
		_, err := sql.Exec(ctx, `DELETE FROM stock WHERE product_id = $1 AND reserved = 0`, id)
		return err
	}
	_, err := sql.Exec(ctx, `DELETE FROM orders WHERE id = (SELECT id FROM orders WHERE $1 OR status = 'cancelled' LIMIT 1)`, rng.IntN(2) == 0)
	return err
}

// Made tells whether a Writer gave a product's name.
func Made(name string) bool {
	var n int
	var id string
	for _, format := range []string{"Renamed %d of %s", "Replaced %d of %s"} {
		if got, _ := fmt.Sscanf(name, format, &n, &id); got == 2 {
			return true
		}
	}
	return false
}
