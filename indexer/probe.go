package indexer

import (
	"context"
	"errors"
	"time"

	"github.com/aisle-search/aisle/catalog"
	"github.com/aisle-search/aisle/internal/retry"
	"github.com/aisle-search/aisle/orders/postgres"
	"github.com/aisle-search/aisle/orders/replication"
)

const (
	// probeEvery is how often a source is asked, beside its stream, where it is.
	// An idle stream has nothing to say, a dead one neither: this tells them apart.
	probeEvery = 2 * time.Second
	// probeWait bounds one question.
	probeWait = 5 * time.Second
)

func (x *Indexer) probeCatalog(ctx context.Context) {
	for retry.Sleep(ctx, probeEvery) {
		seen := x.frontier.Applied().Catalog()
		asking, cancel := context.WithTimeout(ctx, probeWait)
		head, err := x.cfg.Catalog.Head(asking)
		cancel()
		if err == nil && seen.Compare(head) >= 0 {
			x.catalog.NothingMissing()
		}
	}
}

func (x *Indexer) probeOrders(ctx context.Context) {
	warned := false
	for retry.Sleep(ctx, probeEvery) {
		seen := postgres.LSN(x.frontier.Applied().OrdersLSN)
		asking, cancel := context.WithTimeout(ctx, probeWait)
		slot, err := x.cfg.Orders.SlotStatus(asking)
		cancel()
		if err != nil {
			continue // the stream tells what is wrong
		}
		behind := int64(0)
		if slot.CurrentLSN > seen {
			behind = int64(slot.CurrentLSN - seen)
		}
		x.orders.WAL(behind, slot.RetainedBytes)
		if over := slot.RetainedBytes > x.cfg.WALWarning; over != warned {
			warned = over
			if over {
				x.cfg.Logger.Warn("the replication slot holds back much log; the disk of Postgres may fill",
					"bytes", slot.RetainedBytes, "warning", x.cfg.WALWarning)
			} else {
				x.cfg.Logger.Info("the replication slot holds back little log again", "bytes", slot.RetainedBytes)
			}
		}
		if slot.Active && behind == 0 {
			x.orders.NothingMissing()
		}
	}
}

func catalogNeedsOperator(err error) bool { return errors.Is(err, catalog.ErrPrivileges) }

func ordersNeedOperator(err error) bool { return replication.NeedsOperator(err) }
