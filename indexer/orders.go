package indexer

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"github.com/aisle-search/aisle/indexer/deadletter"
	"github.com/aisle-search/aisle/indexer/flow"
	"github.com/aisle-search/aisle/indexer/ledger"
	"github.com/aisle-search/aisle/indexer/progress"
	"github.com/aisle-search/aisle/internal/failpoint"
	"github.com/aisle-search/aisle/internal/retry"
	"github.com/aisle-search/aisle/orders/postgres"
	"github.com/aisle-search/aisle/orders/replication"
	"github.com/aisle-search/aisle/search"
)

// ordersLimits bounds what is held of the orders' stream and snapshot.
var ordersLimits = flow.Limits{
	QueueItems: 8192, Bytes: 16 << 20, BatchItems: 1000, BatchBytes: 4 << 20, Gap: 2 * time.Millisecond,
}

const (
	// lsnStore is how often the position of idle orders is made durable, so that
	// the slot lets go of the log.
	lsnStore = time.Second
	// lineHistory is how old a line may be to count in any window, and a day more.
	lineHistory = 32 * 24 * time.Hour
	// pruneLines is how many old lines are dropped in one transaction.
	pruneLines = 2000
)

// ordersSession follows orders and stock into the ledger, after reading them
// anew where the stored position cannot be continued.
func (x *Indexer) ordersSession(ctx context.Context) error {
	from, known, err := x.ledger.Position()
	if err != nil {
		return fmt.Errorf("read orders position: %w", err)
	}
	if !known || x.ordersLost {
		if !x.readingOrders {
			x.cfg.Logger.Info("orders are read anew") // once, however often it is tried
		}
		x.readingOrders = true
		if from, err = x.readOrders(ctx); err != nil {
			return err
		}
		x.readingOrders, x.ordersLost = false, false
	}
	err = x.followOrders(ctx, from)
	if replication.NeedsSnapshot(err) {
		x.metrics.lost.WithLabelValues(progress.SourceOrders).Inc()
		x.ordersLost = true
	}
	return err
}

// readOrders takes a snapshot of all rows. The rows before it count until it is
// complete.
func (x *Indexer) readOrders(ctx context.Context) (postgres.LSN, error) {
	x.orders.Enter(progress.StateSnapshot, "")
	snapshot, err := x.ledger.BeginSnapshot()
	if err != nil {
		return 0, err
	}
	var lsn postgres.LSN
	err = flow.New[replication.Change](ordersLimits).Run(ctx, func(ctx context.Context, put flow.Put[replication.Change]) (err error) {
		lsn, err = x.cfg.Orders.Snapshot(ctx, x.cfg.Now().Add(-lineHistory), func(c replication.Change) error {
			x.orders.Heard()
			return put(c, rowBytes(c))
		})
		return err
	}, func(_ context.Context, changes []replication.Change) error {
		failpoint.Hit("orders-snapshot-batch")
		good, err := x.keepable(changes)
		if err != nil {
			return err
		}
		return snapshot.Apply(good)
	})
	if err == nil {
		err = x.finishSnapshot(snapshot, lsn)
	}
	if err != nil {
		if dropErr := snapshot.Discard(); dropErr != nil {
			x.cfg.Logger.Warn("unfinished snapshot stays until the next", "error", dropErr)
		}
		return 0, fmt.Errorf("read orders: %w", err)
	}
	return lsn, nil
}

func (x *Indexer) finishSnapshot(snapshot *ledger.Snapshot, lsn postgres.LSN) error {
	x.publishing.Lock()
	defer x.publishing.Unlock()
	failpoint.Hit("orders-before-snapshot-finish")
	changed, err := snapshot.Finish(lsn)
	if err != nil {
		return err
	}
	x.store.SetSignals(changed, encodeLSN(lsn))
	x.frontier.ResetOrders(lsn)
	return nil
}

func (x *Indexer) followOrders(ctx context.Context, from postgres.LSN) error {
	x.orders.Open(from.String())
	x.frontier.AdvanceOrders(from)
	return flow.New[replication.Change](ordersLimits).Run(ctx, func(ctx context.Context, put flow.Put[replication.Change]) error {
		return x.cfg.Orders.Stream(ctx, from, func(c replication.Change) error {
			if c.Op == replication.OpCommit {
				x.orders.Heard()
			} else {
				x.orders.Received(c.CommittedAt)
			}
			return put(c, rowBytes(c))
		})
	}, wholeTransactions(x.commitOrders))
}

// maxHeldRows bounds the rows of an unfinished transaction that are held back.
const maxHeldRows = 4096

// wholeTransactions holds the rows of a transaction back until its end has come: shown
// before, they would be ahead of the position that goes with them, and a reader that
// echoes it could see them undone on another node. A transaction too large to be held
// is applied in parts.
func wholeTransactions(commit func(context.Context, []replication.Change) error) func(context.Context, []replication.Change) error {
	var held []replication.Change
	return func(ctx context.Context, changes []replication.Change) error {
		changes = append(held, changes...)
		held = nil
		ends := len(changes)
		for ends > 0 && changes[ends-1].Op != replication.OpCommit {
			ends--
		}
		if len(changes)-ends <= maxHeldRows {
			held = slices.Clone(changes[ends:])
			changes = changes[:ends]
		}
		if len(changes) == 0 {
			return nil
		}
		return commit(ctx, changes)
	}
}

func rowBytes(c replication.Change) int64 { return int64(len(c.Key) + len(c.Product) + 96) }

// commitOrders applies a batch. The position is that of the last transaction
// that has ended in it; rows of one that has not come again after a crash.
func (x *Indexer) commitOrders(_ context.Context, changes []replication.Change) error {
	x.publishing.Lock()
	defer x.publishing.Unlock()
	began := x.cfg.Now()
	var lsn postgres.LSN
	rows := 0
	for _, c := range changes {
		if c.Op == replication.OpCommit {
			lsn = c.LSN
		} else {
			rows++
		}
	}
	if rows == 0 && began.Sub(x.ordersStored) < lsnStore {
		x.ordersMoved(lsn, 0)
		return nil
	}
	good, err := x.keepable(changes)
	if err != nil {
		return err
	}
	failpoint.Hit("orders-before-apply")
	changed, err := x.ledger.Apply(good, lsn)
	if err != nil {
		return err
	}
	failpoint.Hit("orders-after-apply")
	x.ordersStored = x.cfg.Now()
	var position []byte
	if lsn != 0 {
		position = encodeLSN(lsn)
		x.cfg.Orders.Acknowledge(lsn)
	}
	x.store.SetSignals(changed, position)
	x.ordersMoved(lsn, rows)
	x.measureOrders(changes, rows, began)
	return nil
}

func (x *Indexer) ordersMoved(lsn postgres.LSN, rows int) {
	position := ""
	if lsn != 0 {
		x.frontier.AdvanceOrders(lsn)
		position = lsn.String()
	}
	x.orders.Done(rows, position)
}

func (x *Indexer) measureOrders(changes []replication.Change, rows int, began time.Time) {
	if rows == 0 {
		return
	}
	now := x.cfg.Now()
	for _, c := range changes {
		switch c.Op {
		case replication.OpUpsert:
			x.metrics.fresh(progress.SourceOrders, c.CommittedAt, now)
			x.metrics.counted(progress.SourceOrders, "upsert", "applied", 1)
		case replication.OpDelete:
			x.metrics.counted(progress.SourceOrders, "delete", "applied", 1)
		case replication.OpTruncate:
			x.metrics.counted(progress.SourceOrders, "truncate", "applied", 1)
		}
	}
	x.metrics.batch(rows, now.Sub(began))
}

// keepable makes dead letters of the rows that the ledger cannot keep.
func (x *Indexer) keepable(changes []replication.Change) ([]replication.Change, error) {
	good := make([]replication.Change, 0, len(changes))
	var letters []deadletter.Letter
	for _, c := range changes {
		if err := ledger.Check(c); err != nil {
			letters = append(letters, deadletter.Letter{
				Source: progress.SourceOrders, ID: c.Key, Reason: err.Error(), Position: c.LSN.String(), At: x.cfg.Now(),
			})
			continue
		}
		good = append(good, c)
	}
	x.metrics.counted(progress.SourceOrders, "upsert", "dead-letter", len(letters))
	return good, x.letters.Put(letters)
}

// tendLedger follows the calendar: windows move on at midnight UTC, and lines
// that no window reaches are dropped, a few at a time.
func (x *Indexer) tendLedger(ctx context.Context) error {
	for retry.Sleep(ctx, time.Second) {
		if err := x.rollLedger(); err != nil {
			return fmt.Errorf("move sales windows on: %w", err)
		}
		if _, err := x.ledger.Prune(pruneLines); err != nil {
			return fmt.Errorf("drop old order lines: %w", err)
		}
	}
	return nil
}

func (x *Indexer) rollLedger() error {
	x.publishing.Lock()
	defer x.publishing.Unlock()
	return x.ledger.Roll(func(signals []search.Signal) error {
		x.store.SetSignals(signals, nil)
		return nil
	})
}

func encodeLSN(lsn postgres.LSN) []byte { return binary.BigEndian.AppendUint64(nil, uint64(lsn)) }
