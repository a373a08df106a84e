package shop

import (
	"context"
	"errors"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// InCatalog makes a write in a session of MongoDB, as shops do that want a token, and
// returns the token that covers it.
func (s *Shop) InCatalog(ctx context.Context, write func(context.Context) error) (token string, err error) {
	err = s.Products.Database().Client().UseSession(ctx, func(ctx context.Context) error {
		if err := write(ctx); err != nil {
			return err
		}
		at := mongo.SessionFromContext(ctx).OperationTime()
		if at == nil {
			return errors.New("MongoDB tells no operation time")
		}
		token = fmt.Sprintf("catalog:%d.%d", at.T, at.I)
		return nil
	})
	return token, err
}

// OrdersToken covers what was committed to Postgres before.
func (s *Shop) OrdersToken(ctx context.Context) (token string, err error) {
	err = s.SQL.QueryRow(ctx, `SELECT 'orders:' || pg_current_wal_insert_lsn()::text`).Scan(&token)
	return token, err
}

// Mark writes a product to both databases and returns the token that covers it and all
// that was written before.
func (s *Shop) Mark(ctx context.Context, id string) (token string, err error) {
	written, err := s.InCatalog(ctx, func(ctx context.Context) error {
		_, err := s.Products.ReplaceOne(ctx, bson.D{{Key: "_id", Value: id}},
			bson.D{{Key: "name", Value: "Marker of " + bson.NewObjectID().Hex()}, {Key: "status", Value: "published"}},
			options.Replace().SetUpsert(true))
		return err
	})
	if err != nil {
		return "", err
	}
	_, err = s.SQL.Exec(ctx, `INSERT INTO stock (product_id, on_hand) VALUES ($1, 1)
		ON CONFLICT (product_id) DO UPDATE SET on_hand = stock.on_hand + 1`, id)
	if err != nil {
		return "", err
	}
	stocked, err := s.OrdersToken(ctx)
	return written + "," + stocked, err
}
