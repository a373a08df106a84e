package drive

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/aisle-search/aisle/internal/historycheck"
)

// together writes two products in one transaction, which has one token.
func (w *writer) together(ctx context.Context, first, second int) {
	both := []historycheck.Write{}
	for _, n := range []int{first, second} {
		w.count++
		both = append(both, historycheck.Write{
			Writer: w.name, Version: w.count, Product: w.series(w.products[n].id), Invoked: w.drive.now(),
		})
	}
	ids := []string{w.products[first].id, w.products[second].id}
	commit := w.documentsTogether
	if w.stock {
		commit = w.stockTogether
	}
	token, err := commit(ctx, ids, both)
	for _, made := range both {
		made.Completed = w.drive.now()
		w.drive.history.Write(made)
	}
	if err != nil {
		w.renew(first)
		w.renew(second)
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.token, w.version = token, w.count
}

func (w *writer) documentsTogether(ctx context.Context, ids []string, both []historycheck.Write) (token string, err error) {
	products := w.drive.config.Products
	err = products.Database().Client().UseSession(ctx, func(ctx context.Context) error {
		session := mongo.SessionFromContext(ctx)
		_, err := session.WithTransaction(ctx, func(ctx context.Context) (any, error) {
			for i, id := range ids {
				_, err := products.ReplaceOne(ctx, bson.D{{Key: "_id", Value: id}}, document(id, both[i].Version), options.Replace().SetUpsert(true))
				if err != nil {
					return nil, err
				}
			}
			return nil, nil
		})
		if err != nil {
			return err
		}
		at := session.OperationTime()
		if at == nil {
			return errors.New("MongoDB tells no operation time")
		}
		token = fmt.Sprintf("catalog:%d.%d", at.T, at.I)
		return nil
	})
	return token, err
}

func (w *writer) stockTogether(ctx context.Context, ids []string, both []historycheck.Write) (token string, err error) {
	err = pgx.BeginFunc(ctx, w.drive.config.SQL, func(tx pgx.Tx) error {
		for i, id := range ids {
			_, err := tx.Exec(ctx, setStock, id, both[i].Version)
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	return w.stockToken(ctx)
}
