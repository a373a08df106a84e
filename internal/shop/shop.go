package shop

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/x/mongo/driver/connstring"
)

// Place says where a shop's databases are.
type Place struct {
	MongoURI, PostgresURL string
	// Collection holds the products.
	Collection string
	// Patience is how long MongoDB may be away; 0 is the driver's own.
	Patience time.Duration
}

// Shop is a shop's databases, opened.
type Shop struct {
	// Products is the catalogue.
	Products *mongo.Collection
	// SQL is the database of stock and orders.
	SQL *pgxpool.Pool
}

// Open opens the databases. The caller closes the shop.
func Open(ctx context.Context, p Place) (*Shop, error) {
	uri, err := connstring.Parse(p.MongoURI)
	if err != nil {
		return nil, fmt.Errorf("read MongoDB's URI: %w", err)
	}
	o := options.Client().ApplyURI(p.MongoURI)
	if p.Patience != 0 {
		o.SetServerSelectionTimeout(p.Patience)
	}
	client, err := mongo.Connect(o)
	if err != nil {
		return nil, fmt.Errorf("open MongoDB: %w", err)
	}
	s := &Shop{Products: client.Database(uri.Database).Collection(p.Collection)}
	if s.SQL, err = pgxpool.New(ctx, p.PostgresURL); err != nil {
		return nil, errors.Join(fmt.Errorf("open Postgres: %w", err), client.Disconnect(ctx))
	}
	return s, nil
}

// Close closes both databases.
func (s *Shop) Close() {
	s.SQL.Close()
	_ = s.Products.Database().Client().Disconnect(context.Background()) // nothing is left to lose
}

// Documents are all products as MongoDB holds them.
func (s *Shop) Documents(ctx context.Context) (documents []bson.Raw, err error) {
	found, err := s.Products.Find(ctx, bson.D{})
	if err == nil {
		err = found.All(ctx, &documents)
	}
	if err != nil {
		return nil, fmt.Errorf("read products: %w", err)
	}
	return documents, nil
}

// IDs are the ids of all products as MongoDB holds them, in order.
func (s *Shop) IDs(ctx context.Context) ([]string, error) {
	var documents []struct {
		ID string `bson:"_id"`
	}
	found, err := s.Products.Find(ctx, bson.D{}, options.Find().SetProjection(bson.D{{Key: "_id", Value: 1}}))
	if err == nil {
		err = found.All(ctx, &documents)
	}
	if err != nil {
		return nil, fmt.Errorf("list products: %w", err)
	}
	ids := make([]string, len(documents))
	for i, d := range documents {
		ids[i] = d.ID
	}
	slices.Sort(ids)
	return ids, nil
}

// Put stores documents in a collection, in place of those that have their ids.
func Put(ctx context.Context, collection *mongo.Collection, documents []bson.Raw) error {
	models := make([]mongo.WriteModel, len(documents))
	for i, d := range documents {
		models[i] = mongo.NewReplaceOneModel().SetFilter(bson.D{{Key: "_id", Value: d.Lookup("_id")}}).SetReplacement(d).SetUpsert(true)
	}
	_, err := collection.BulkWrite(ctx, models, options.BulkWrite().SetOrdered(false))
	return err
}

// Signals are the numbers of a product that Postgres has.
type Signals struct {
	// Tracked tells whether the product has a row of stock.
	Tracked bool
	// Stock is what can be sold.
	Stock int64
	// Sold7 and Sold30 are the pieces sold today and on the 6 or 29 days before, of UTC.
	Sold7, Sold30 int64
}

// Signals reads stock and sums up what was sold, by product.
func (s *Shop) Signals(ctx context.Context) (map[string]Signals, error) {
	rows, err := s.SQL.Query(ctx, `
		SELECT coalesce(s.product_id, l.product_id), s.product_id IS NOT NULL, coalesce(s.on_hand - s.reserved, 0),
			coalesce(l.sold7, 0), coalesce(l.sold30, 0)
		FROM stock s FULL JOIN (
			SELECT product_id, sum(quantity) FILTER (WHERE age < 7) AS sold7, sum(quantity) FILTER (WHERE age < 30) AS sold30
			FROM (SELECT product_id, quantity,
				(now() AT TIME ZONE 'utc')::date - (created_at AT TIME ZONE 'utc')::date AS age
				FROM order_lines WHERE status <> 'cancelled') AS counted
			WHERE age >= 0 GROUP BY product_id
		) AS l ON l.product_id = s.product_id`)
	if err != nil {
		return nil, fmt.Errorf("read signals: %w", err)
	}
	signals := map[string]Signals{}
	var id string
	var one Signals
	_, err = pgx.ForEachRow(rows, []any{&id, &one.Tracked, &one.Stock, &one.Sold7, &one.Sold30}, func() error {
		signals[id] = one
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read signals: %w", err)
	}
	return signals, nil
}
