package soak

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
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
	for {
		var gone bool
		// A slot that becomes active in between cannot be dropped; then again.
		if err := r.sql.QueryRow(ctx, drop, n.name).Scan(&gone); err == nil && gone {
			return nil
		}
		if err := r.rest(ctx, 1, 20); err != nil {
			return err
		}
	}
}

// faultDrop drops the collection and fills it again.
func (r *run) faultDrop(ctx context.Context, _ *node) error {
	return r.drive.Around(func() error {
		if err := r.products.Drop(ctx); err != nil {
			return err
		}
		if err := r.rest(ctx, 1, 1000); err != nil {
			return err
		}
		_, err := r.products.BulkWrite(ctx, r.asLoaded(), options.BulkWrite().SetOrdered(false))
		return err
	})
}

// faultRename renames another collection onto the products.
func (r *run) faultRename(ctx context.Context, _ *node) error {
	return r.drive.Around(func() error {
		db := r.products.Database()
		next := db.Collection(r.products.Name() + "_next")
		if _, err := next.BulkWrite(ctx, r.asLoaded(), options.BulkWrite().SetOrdered(false)); err != nil {
			return err
		}
		return db.Client().Database("admin").RunCommand(ctx, bson.D{
			{Key: "renameCollection", Value: db.Name() + "." + next.Name()},
			{Key: "to", Value: db.Name() + "." + r.products.Name()},
			{Key: "dropTarget", Value: true},
		}).Err()
	})
}

// faultTruncate empties the stock and fills it again.
func (r *run) faultTruncate(ctx context.Context, _ *node) error {
	return r.drive.Around(func() error {
		if _, err := r.sql.Exec(ctx, `TRUNCATE stock`); err != nil {
			return fmt.Errorf("truncate: %w", err)
		}
		if err := r.rest(ctx, 1, 500); err != nil {
			return err
		}
		_, err := r.sql.Exec(ctx, `INSERT INTO stock (product_id, on_hand) SELECT product_id, on_hand FROM soak_stock
			ON CONFLICT DO NOTHING`)
		return err
	})
}
