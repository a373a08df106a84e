package replication

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aisle-search/aisle/orders/mapping"
	"github.com/aisle-search/aisle/orders/postgres"
	"github.com/jackc/pglogrepl"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/sync/errgroup"
)

const (
	// queuedBatches and batchSize bound what was received and not yet emitted.
	queuedBatches = 16
	batchSize     = 256
	// watchEvery is how often the tables are looked up again.
	watchEvery = 5 * time.Second
)

// Stream hands over what was committed after from, in commit order, until ctx
// ends or something breaks; it does not reconnect by itself. from is what
// Snapshot returned or the LSN of an OpCommit that was applied. emit is called by
// one goroutine at a time and may block: the server is kept informed meanwhile.
//
// OpCommit, always of KindNone, ends each transaction; without a transaction it
// moves an idle follower past log that is not about the mapped tables.
//
// Errors: ErrSlotLost, ErrSlotAhead, mapping.ErrTableReplaced, mapping.ErrToast
// (see NeedsSnapshot), ErrSlotBusy, mapping.ErrColumnMissing, what Prepare answers,
// emit's own, and those of a broken connection.
func (s *Source) Stream(ctx context.Context, from postgres.LSN, emit func(Change) error) error {
	if err := s.begin(); err != nil {
		return err
	}
	defer s.running.Store(false)
	p, conn, err := s.follow(ctx, from)
	if err != nil {
		return err
	}
	defer closeReplication(ctx, conn)
	s.acked.Store(uint64(from))

	group, ctx := errgroup.WithContext(ctx)
	batches := make(chan []Change, queuedBatches)
	group.Go(func() error {
		defer close(batches)
		return newReceiver(s, conn, p, from, batches).run(ctx)
	})
	group.Go(func() error { return emitAll(ctx, batches, emit) })
	group.Go(func() error { return s.watchTables(ctx, p) })
	if err := group.Wait(); err != nil {
		return fmt.Errorf("stream orders: %w", s.sinceMended(ctx, err))
	}
	return ctx.Err()
}

// sinceMended turns the lack of a column into a call for a snapshot where the table
// has it by now. The log keeps the shape that a table had when a row was written, so
// rows written meanwhile can never be read from it.
func (s *Source) sinceMended(ctx context.Context, err error) error {
	if !errors.Is(err, mapping.ErrColumnMissing) && !errors.Is(err, mapping.ErrColumnType) {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookWait)
	defer cancel()
	if _, _, now := s.inspect(ctx); now != nil {
		return err
	}
	return fmt.Errorf("%w: rows were written while a mapped column was away; everything has to be read again: %s", mapping.ErrTableReplaced, err) //nolint:errorlint // it is over, and not to be acted on
}

func emitAll(ctx context.Context, batches <-chan []Change, emit func(Change) error) error {
	for batch := range batches {
		for _, change := range batch {
			if err := emit(change); err != nil {
				return err
			}
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}

// follow checks that the slot continues at from and starts replication.
func (s *Source) follow(ctx context.Context, from postgres.LSN) (plan, *pgconn.PgConn, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*lookWait)
	defer cancel()
	p, pool, err := s.inspect(ctx)
	if err != nil {
		return plan{}, nil, err
	}
	if err := s.checkSlot(ctx, pool, p, from); err != nil {
		return plan{}, nil, err
	}
	if err := s.freeSlot(ctx, pool); err != nil {
		return plan{}, nil, err
	}
	conn, err := s.connectReplication(ctx, p)
	if err != nil {
		return plan{}, nil, err
	}
	err = pglogrepl.StartReplication(ctx, conn, s.slot, pglogrepl.LSN(from), pglogrepl.StartReplicationOptions{
		Mode: pglogrepl.LogicalReplication,
		PluginArgs: []string{
			"proto_version '1'", "messages 'true'", "publication_names '" + s.cfg.Publication + "'",
		},
	})
	if err != nil {
		closeReplication(ctx, conn)
		return plan{}, nil, s.explain("start replication from slot "+s.slot, err)
	}
	return p, conn, nil
}

// checkSlot finds positions that the slot cannot continue. The publication is
// not repaired here: rows were written while it had a gap.
func (s *Source) checkSlot(ctx context.Context, pool *pgxpool.Pool, p plan, from postgres.LSN) error {
	slot, err := s.slotStatus(ctx, pool)
	if err != nil {
		return err
	}
	if slot.ConfirmedFlush > from {
		return fmt.Errorf("%w: slot %s is at %v and the index at %v", ErrSlotAhead, s.slot, slot.ConfirmedFlush, from)
	}
	if from > slot.CurrentLSN {
		return fmt.Errorf("%w: the index is at %v and the server's log ends at %v, so it is another server or was restored",
			ErrSlotLost, from, slot.CurrentLSN)
	}
	gap, err := s.publicationGap(ctx, pool, p)
	if err != nil {
		return err
	}
	if gap != "" {
		return fmt.Errorf("%w: publication %s does not cover the tables, so rows were missed", ErrSlotLost, s.cfg.Publication)
	}
	return nil
}

// watchTables notices that a mapped name has come to mean another table, which
// the log does not tell.
func (s *Source) watchTables(ctx context.Context, p plan) error {
	ticker := time.NewTicker(watchEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
		if err := s.sameTables(ctx, p); err != nil {
			return err
		}
	}
}

func (s *Source) sameTables(ctx context.Context, p plan) error {
	ctx, cancel := context.WithTimeout(ctx, lookWait)
	defer cancel()
	pool, err := s.connections(ctx)
	if err != nil {
		return err
	}
	for _, old := range []table{p.stock, p.lines} {
		same, err := old.Same(ctx, pool)
		if err != nil {
			return err
		}
		if !same {
			return fmt.Errorf("%w: %s", mapping.ErrTableReplaced, old.SQL())
		}
	}
	return nil
}
