package replication

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aisle-search/aisle/orders/postgres"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// SlotStatus is what the server says about the slot.
type SlotStatus struct {
	ConfirmedFlush postgres.LSN // what the server knows to be durable here
	RestartLSN     postgres.LSN // the oldest log that the server keeps for the slot
	CurrentLSN     postgres.LSN // the end of the log
	RetainedBytes  int64        // log that the slot holds back
	Active         bool         // a connection uses the slot
	ActivePID      int32        // of the server process that does; 0 if none
	WALStatus      string       // "reserved", "extended", "unreserved" or "lost"
}

// Slot is the name of the replication slot.
func (s *Source) Slot() string { return s.slot }

// SlotStatus answers ErrSlotLost if there is no slot, or if it is invalidated.
func (s *Source) SlotStatus(ctx context.Context) (SlotStatus, error) {
	pool, err := s.connections(ctx)
	if err != nil {
		return SlotStatus{}, err
	}
	return s.slotStatus(ctx, pool)
}

func (s *Source) slotStatus(ctx context.Context, pool *pgxpool.Pool) (SlotStatus, error) {
	var (
		st                        SlotStatus
		usable                    bool
		confirmed, restart, until string
	)
	// Columns that newer servers have are looked up in the row as JSON.
	err := pool.QueryRow(ctx, `select coalesce(confirmed_flush_lsn, '0/0')::text, coalesce(restart_lsn, '0/0')::text,
			pg_current_wal_lsn()::text, active, coalesce(active_pid, 0), coalesce(wal_status, ''),
			coalesce(plugin = 'pgoutput' and database = current_database(), false)
				and coalesce(to_jsonb(s) ->> 'invalidation_reason', '') = ''
				and coalesce(to_jsonb(s) ->> 'conflicting', 'false') = 'false'
		from pg_replication_slots s where slot_name = $1`, s.slot).
		Scan(&confirmed, &restart, &until, &st.Active, &st.ActivePID, &st.WALStatus, &usable)
	if errors.Is(err, pgx.ErrNoRows) {
		return SlotStatus{}, fmt.Errorf("%w: there is no slot %s in this server", ErrSlotLost, s.slot)
	}
	if err != nil {
		return SlotStatus{}, fmt.Errorf("read slot %s: %w", s.slot, err)
	}
	for _, field := range []struct {
		text string
		into *postgres.LSN
	}{{confirmed, &st.ConfirmedFlush}, {restart, &st.RestartLSN}, {until, &st.CurrentLSN}} {
		if *field.into, err = postgres.ParseLSN(field.text); err != nil {
			return SlotStatus{}, err
		}
	}
	if st.RestartLSN > 0 && st.CurrentLSN > st.RestartLSN {
		st.RetainedBytes = int64(st.CurrentLSN - st.RestartLSN)
	}
	if st.WALStatus == "lost" || !usable {
		return st, fmt.Errorf("%w: slot %s cannot be read from any more", ErrSlotLost, s.slot)
	}
	return st, nil
}

// DropSlot gives the slot up, so that the server keeps no log for it. A slot
// that is not there is no error.
func (s *Source) DropSlot(ctx context.Context) error {
	pool, err := s.connections(ctx)
	if err != nil {
		return err
	}
	if err := s.freeSlot(ctx, pool); err != nil {
		return err
	}
	_, err = pool.Exec(ctx, `select pg_drop_replication_slot(slot_name) from pg_replication_slots
		where slot_name = $1 and database = current_database()`, s.slot)
	if err != nil && postgres.SQLState(err) != codeUndefinedObject {
		return s.explain("drop slot "+s.slot, err)
	}
	return nil
}

const (
	freeWait = 10 * time.Second      // for a server process that was told to end
	freePoll = 50 * time.Millisecond // how often to look whether it has
	// staleAfter is how long a follower has not been heard of that has lost its
	// connection: a live one reports every second.
	staleAfter = 30 * time.Second
)

// freeSlot makes sure that no connection uses the slot. After a network cut the
// server may hold on to our own old connection for minutes; that one is ended.
// Any other is let be, and the answer is a SlotBusyError.
func (s *Source) freeSlot(ctx context.Context, pool *pgxpool.Pool) error {
	deadline := s.now().Add(freeWait)
	for {
		busy, err := s.endStale(ctx, pool)
		if err != nil || busy == nil {
			return err
		}
		if !s.ours(busy.Name) || s.now().After(deadline) {
			return busy
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(freePoll):
		}
	}
}

// ours tells this Source's own connections from those of other processes.
func (s *Source) ours(name string) bool { return name == s.name }

// endStale looks who uses the slot and ends that connection if it is certainly
// dead: our own from before (only one Snapshot or Stream runs at a time), or one
// of this node's that has not reported for long. It returns nil if nobody does.
func (s *Source) endStale(ctx context.Context, pool *pgxpool.Pool) (*SlotBusyError, error) {
	busy := &SlotBusyError{Slot: s.slot}
	err := pool.QueryRow(ctx, `select s.active_pid, coalesce(r.application_name, ''),
			case when r.application_name = $2 or (starts_with(r.application_name, $3)
				and r.reply_time < clock_timestamp() - make_interval(secs => $4))
			then pg_terminate_backend(r.pid) end is true
		from pg_replication_slots s left join pg_stat_replication r on r.pid = s.active_pid
		where s.slot_name = $1 and s.active`,
		s.slot, s.name, "aisle/"+s.cfg.Node+"/", staleAfter.Seconds()).
		Scan(&busy.PID, &busy.Name, new(bool))
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("see who uses slot %s: %w", s.slot, err)
	}
	return busy, nil
}
