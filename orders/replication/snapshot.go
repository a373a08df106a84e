package replication

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aisle-search/aisle/orders/pgoutput"
	"github.com/aisle-search/aisle/orders/postgres"
	"github.com/jackc/pglogrepl"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Snapshot makes the slot anew and hands over every stock row, and every line
// ordered at since or later (zero: all), as of the instant at which the slot
// begins. It returns that position; Stream from it continues without a gap. The
// rows are read as they are consumed, so memory does not grow with the tables.
//
// A slot that was there is dropped: what was stored under it can no longer be
// continued. When Snapshot fails it leaves no slot.
func (s *Source) Snapshot(ctx context.Context, since time.Time, emit func(Change) error) (postgres.LSN, error) {
	if err := s.begin(); err != nil {
		return 0, err
	}
	defer s.running.Store(false)
	var start postgres.LSN
	dropped := false
	err := s.whileAlive(ctx, func(ctx context.Context, heard func()) error {
		p, err := s.prepare(ctx)
		if err != nil {
			return err
		}
		if err := s.DropSlot(ctx); err != nil {
			return err
		}
		dropped = true
		start, err = s.readAll(ctx, p, since, func(c Change) error {
			heard()
			return emit(c)
		})
		return err
	})
	if err != nil && !dropped {
		return 0, err
	}
	if err != nil {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), freeWait)
		defer cancel()
		_ = s.DropSlot(ctx) // best effort: the slot's size is in the metrics
		return 0, fmt.Errorf("snapshot orders: %w", err)
	}
	return start, nil
}

func (s *Source) readAll(ctx context.Context, p plan, since time.Time, emit func(Change) error) (postgres.LSN, error) {
	tx, start, err := s.beginSnapshot(ctx, p)
	if err != nil {
		return 0, err
	}
	defer tx.Release()
	for _, t := range []table{p.stock, p.lines} {
		if err := readTable(ctx, tx.Conn().PgConn(), t, since, start, emit); err != nil {
			return 0, fmt.Errorf("read %s: %w", t.SQL(), err)
		}
	}
	_, err = tx.Exec(ctx, "commit")
	return start, err
}

// beginSnapshot creates the slot and opens a transaction that sees exactly what
// was committed before the slot begins. The exported snapshot lives on in that
// transaction, so the replication connection is not kept. Creating a slot waits
// for the transactions that are open in the server.
func (s *Source) beginSnapshot(ctx context.Context, p plan) (poolConn, postgres.LSN, error) {
	conn, err := s.connectReplication(ctx, p)
	if err != nil {
		return nil, 0, err
	}
	defer closeReplication(ctx, conn)
	slot, err := pglogrepl.CreateReplicationSlot(ctx, conn, s.slot, "pgoutput",
		pglogrepl.CreateReplicationSlotOptions{Mode: pglogrepl.LogicalReplication, SnapshotAction: "EXPORT_SNAPSHOT"})
	if err != nil {
		return nil, 0, s.explain("create slot "+s.slot, err)
	}
	start, err := postgres.ParseLSN(slot.ConsistentPoint)
	if err != nil {
		return nil, 0, err
	}
	pool, err := s.connections(ctx)
	if err != nil {
		return nil, 0, err
	}
	tx, err := pool.Acquire(ctx)
	if err != nil {
		return nil, 0, fmt.Errorf("open connection for snapshot: %w", err)
	}
	// The server made the name; quoting it costs nothing.
	name := strings.ReplaceAll(slot.SnapshotName, "'", "''")
	_, err = tx.Exec(ctx, "begin isolation level repeatable read read only; set transaction snapshot '"+name+"'")
	if err != nil {
		tx.Release() // an open transaction makes the pool discard the connection
		return nil, 0, fmt.Errorf("use snapshot: %w", err)
	}
	return tx, start, nil
}

// poolConn is a *pgxpool.Conn.
type poolConn interface {
	Conn() *pgx.Conn
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	Release()
}

// readTable asks for text, as the log has it, so that both go through one
// layout.
func readTable(ctx context.Context, conn *pgconn.PgConn, t table, since time.Time, start postgres.LSN, emit func(Change) error) error {
	query, args, selected := t.Select(since)
	result := conn.ExecParams(ctx, query, args, nil, nil, nil)
	row := make([]pgoutput.Column, len(t.ColumnNames()))
	var failed error
	for failed == nil && result.NextRow() {
		for i, value := range result.Values() {
			row[i] = pgoutput.Column{How: pgoutput.Text, Data: value}
			if value == nil {
				row[i].How = pgoutput.Null
			}
		}
		failed = emitRow(layout{Layout: selected, kind: t.kind}, row, start, emit)
	}
	if failed != nil {
		// The rest of the rows is not worth reading: end the connection.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = conn.Close(ctx)
		return failed
	}
	_, err := result.Close()
	return err
}

func emitRow(l layout, row []pgoutput.Column, start postgres.LSN, emit func(Change) error) error {
	change, err := l.upsert(row, nil)
	if err != nil {
		return err
	}
	if change.Op == OpDelete { // names no product
		return nil
	}
	change.LSN = start
	return emit(change)
}
