package drive

import (
	"context"

	"github.com/jackc/pgx/v5"
	"go.mongodb.org/mongo-driver/v2/mongo"

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
	return w.drive.config.Shop.InCatalog(ctx, func(ctx context.Context) error {
		_, err := mongo.SessionFromContext(ctx).WithTransaction(ctx, func(ctx context.Context) (any, error) {
			for i, id := range ids {
				if err := w.store(ctx, id, both[i].Version); err != nil {
					return nil, err
				}
			}
			return nil, nil
		})
		return err
	})
}

func (w *writer) stockTogether(ctx context.Context, ids []string, both []historycheck.Write) (token string, err error) {
	err = pgx.BeginFunc(ctx, w.drive.config.Shop.SQL, func(tx pgx.Tx) error {
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
	return w.drive.config.Shop.OrdersToken(ctx)
}
