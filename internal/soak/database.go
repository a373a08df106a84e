package soak

import (
	"context"
	"errors"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/aisle-search/aisle/internal/shop"
)

func (r *run) faultMongoRestart(ctx context.Context, _ *node) error {
	if err := r.db.StopMongo(); err != nil {
		return err
	}
	if err := r.rest(ctx, 1, 3000); err != nil {
		return err
	}
	return r.db.StartMongo(ctx)
}

func (r *run) faultPostgresRestart(ctx context.Context, _ *node) error {
	stop := r.db.StopPostgres
	if r.rng.IntN(2) == 0 {
		stop = r.db.KillPostgres
	}
	if err := stop(); err != nil {
		return err
	}
	if err := r.rest(ctx, 1, 3000); err != nil {
		return err
	}
	return r.db.StartPostgres(ctx)
}

// faultSlot drops a node's replication slot, as somebody tidying up does.
func (r *run) faultSlot(ctx context.Context, n *node) error {
	const drop = `SELECT coalesce(bool_and(CASE WHEN active THEN NOT pg_terminate_backend(active_pid)
		ELSE pg_drop_replication_slot(slot_name) IS NOT NULL END), true)
		FROM pg_replication_slots WHERE slot_name LIKE 'aisle_slot_' || $1 || '_%'`
	dropped, err := r.await(ctx, func() (gone bool, err error) {
		// A slot that becomes active in between cannot be dropped; then again.
		err = r.shop.SQL.QueryRow(ctx, drop, n.name).Scan(&gone)
		return err == nil && gone, nil
	})
	if err == nil && !dropped {
		err = errors.New("its slot cannot be dropped")
	}
	return err
}

// faultDrop drops the collection and fills it again.
func (r *run) faultDrop(ctx context.Context, _ *node) error {
	return r.drive.Around(func() error {
		if err := r.shop.Products.Drop(ctx); err != nil {
			return err
		}
		if err := r.rest(ctx, 1, 1000); err != nil {
			return err
		}
		return shop.Put(ctx, r.shop.Products, r.initial)
	})
}

// faultRename renames another collection onto the products.
func (r *run) faultRename(ctx context.Context, _ *node) error {
	return r.drive.Around(func() error {
		db, name := r.shop.Products.Database(), r.shop.Products.Name()
		next := db.Collection(name + "_next")
		if err := shop.Put(ctx, next, r.initial); err != nil {
			return err
		}
		return db.Client().Database("admin").RunCommand(ctx, bson.D{
			{Key: "renameCollection", Value: db.Name() + "." + next.Name()},
			{Key: "to", Value: db.Name() + "." + name},
			{Key: "dropTarget", Value: true},
		}).Err()
	})
}

// faultTruncate empties the stock and fills it again.
func (r *run) faultTruncate(ctx context.Context, _ *node) error {
	return r.drive.Around(func() error {
		if _, err := r.shop.SQL.Exec(ctx, `TRUNCATE stock`); err != nil {
			return fmt.Errorf("truncate: %w", err)
		}
		if err := r.rest(ctx, 1, 500); err != nil {
			return err
		}
		_, err := r.shop.SQL.Exec(ctx, `INSERT INTO stock (product_id, on_hand) SELECT product_id, on_hand FROM soak_stock
			ON CONFLICT DO NOTHING`)
		return err
	})
}
