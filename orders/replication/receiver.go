package replication

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/aisle-search/aisle/orders/postgres"
	"github.com/jackc/pglogrepl"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
)

const (
	// statusEvery is how often the server hears of us, well within the shortest
	// wal_sender_timeout in use (seconds).
	statusEvery = time.Second
	// tickEvery bounds how often an idle follower is moved: often enough for
	// readers that wait for a position, seldom enough to cost nothing.
	tickEvery = 250 * time.Millisecond
	// writeWait bounds a write to the server.
	writeWait = 10 * time.Second
)

// receiver owns the replication connection: it alone reads and writes it, on one
// goroutine, and never waits for a consumer without telling the server in time.
type receiver struct {
	source *Source
	conn   *pgconn.PgConn
	out    chan<- []Change
	silent time.Duration // after which the server counts as gone
	rows   *decoder

	batch      []Change
	received   postgres.LSN // everything up to here has been handed over or is in batch
	idle       postgres.LSN // a keepalive's position that was not handed over yet; 0: none
	lastTick   time.Time
	nextStatus time.Time
	heard      time.Time
}

func newReceiver(s *Source, conn *pgconn.PgConn, p plan, from postgres.LSN, out chan<- []Change) *receiver {
	now := s.now()
	return &receiver{
		source: s, conn: conn, out: out, silent: s.cfg.Silence, rows: newDecoder(p),
		received: from, nextStatus: now, lastTick: now, heard: now,
	}
}

// run receives until ctx ends. The last status tells the server what became
// durable since the one before.
func (r *receiver) run(ctx context.Context) error {
	// A deadline in the past wakes the read when ctx ends.
	stop := context.AfterFunc(ctx, func() { _ = r.conn.Conn().SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	for {
		if err := r.housekeep(ctx); err != nil {
			return err
		}
		msg, err := r.receive(ctx)
		if ctx.Err() != nil {
			_ = r.sendStatus(false) // best effort: without it changes come again
			return ctx.Err()
		}
		if err != nil {
			return r.source.explain("receive", err)
		}
		if msg == nil {
			continue
		}
		if err := r.handle(ctx, msg); err != nil {
			return err
		}
	}
}

// receive waits for a message until the next status is due; then it is nil.
func (r *receiver) receive(ctx context.Context) (pgproto3.BackendMessage, error) {
	wake := r.nextStatus
	// Within a transaction no tick is due, and a deadline in the past would keep
	// the read from ever getting on.
	if r.idle > 0 && !r.rows.inTransaction && r.lastTick.Add(tickEvery).Before(wake) {
		wake = r.lastTick.Add(tickEvery)
	}
	if err := r.conn.Conn().SetReadDeadline(wake); err != nil {
		return nil, err
	}
	if ctx.Err() != nil { // the deadline just set may have replaced the waking one
		return nil, ctx.Err()
	}
	// Without a context of its own pgconn starts no goroutine for each message.
	msg, err := r.conn.ReceiveMessage(context.Background())
	if errors.Is(err, os.ErrDeadlineExceeded) || isTimeout(err) {
		return nil, nil
	}
	return msg, err
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}

// housekeep does what is due by time.
func (r *receiver) housekeep(ctx context.Context) error {
	now := r.source.now()
	if r.idle > 0 && !r.rows.inTransaction && now.Sub(r.lastTick) >= tickEvery {
		if err := r.tick(ctx, now); err != nil {
			return err
		}
	}
	if now.Before(r.nextStatus) {
		return nil
	}
	quiet := now.Sub(r.heard)
	if quiet > r.silent {
		return fmt.Errorf("%w: nothing received for %v, as when the network drops packets", ErrSilent, quiet.Round(time.Second))
	}
	return r.sendStatus(quiet > r.silent/4) // it is asked to answer
}

// tick moves an idle follower to where the server says nothing is left.
func (r *receiver) tick(ctx context.Context, now time.Time) error {
	idle := r.idle
	r.idle, r.lastTick = 0, now
	if idle <= r.received {
		return nil
	}
	r.received = idle
	r.batch = append(r.batch, Change{Op: OpCommit, LSN: idle, CommittedAt: r.rows.serverTime})
	return r.flush(ctx)
}

// sendStatus reports the acknowledged position, and only that, as written,
// flushed and applied: whatever else is reported, the server might take for
// durable. It is never zero, which pglogrepl would replace by another, and never
// beyond what was handed over.
func (r *receiver) sendStatus(ask bool) error {
	now := r.source.now()
	acked := pglogrepl.LSN(max(1, min(postgres.LSN(r.source.acked.Load()), r.received)))
	r.nextStatus = now.Add(statusEvery)
	if err := r.conn.Conn().SetWriteDeadline(now.Add(writeWait)); err != nil {
		return err
	}
	err := pglogrepl.SendStandbyStatusUpdate(context.Background(), r.conn, pglogrepl.StandbyStatusUpdate{
		WALWritePosition: acked, WALFlushPosition: acked, WALApplyPosition: acked,
		ClientTime: now, ReplyRequested: ask,
	})
	if err != nil {
		return fmt.Errorf("report position: %w", err)
	}
	return nil
}

func (r *receiver) handle(ctx context.Context, msg pgproto3.BackendMessage) error {
	r.heard = r.source.now()
	switch m := msg.(type) {
	case *pgproto3.CopyData:
		return r.copyData(ctx, m.Data)
	case *pgproto3.ErrorResponse:
		return r.source.explain("receive", pgconn.ErrorResponseToPgError(m))
	case *pgproto3.NoticeResponse, *pgproto3.ParameterStatus:
		return nil
	case *pgproto3.CopyDone, *pgproto3.CommandComplete, *pgproto3.ReadyForQuery:
		return fmt.Errorf("%w: Postgres ended the stream, as when it shuts down", net.ErrClosed)
	}
	return fmt.Errorf("%w: %T", ErrProtocol, msg)
}

func (r *receiver) copyData(ctx context.Context, data []byte) error {
	if len(data) == 0 {
		return fmt.Errorf("%w: empty", ErrProtocol)
	}
	switch data[0] {
	case pglogrepl.PrimaryKeepaliveMessageByteID:
		return r.keepalive(data[1:])
	case pglogrepl.XLogDataByteID:
		wal, err := pglogrepl.ParseXLogData(data[1:])
		if err != nil {
			return fmt.Errorf("%w: %w", ErrProtocol, err)
		}
		return r.message(ctx, wal.WALData)
	}
	return fmt.Errorf("%w: kind %q", ErrProtocol, data[0])
}

// keepalive notes that all that was committed before its position has been sent,
// unless a transaction is half way through.
func (r *receiver) keepalive(data []byte) error {
	m, err := pglogrepl.ParsePrimaryKeepaliveMessage(data)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrProtocol, err)
	}
	if !r.rows.inTransaction {
		r.idle = postgres.LSN(m.ServerWALEnd)
		r.rows.serverTime = m.ServerTime.UTC()
	}
	if m.ReplyRequested {
		return r.sendStatus(false)
	}
	return nil
}

func (r *receiver) message(ctx context.Context, data []byte) error {
	var err error
	if r.batch, err = r.rows.decode(data, r.batch); err != nil {
		return err
	}
	n := len(r.batch)
	if n == 0 || r.rows.inTransaction && n < batchSize {
		return nil
	}
	if last := r.batch[n-1]; last.Op == OpCommit {
		r.received = max(r.received, last.LSN)
	}
	return r.flush(ctx)
}

// flush hands the batch over. While the queue is full it goes on reporting, so
// that the server does not take us for dead.
func (r *receiver) flush(ctx context.Context) error {
	batch := r.batch
	r.batch = nil
	for {
		timer := time.NewTimer(statusEvery)
		select {
		case r.out <- batch:
			timer.Stop()
			r.heard = r.source.now() // the server could not be heard meanwhile
			return nil
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-timer.C:
			if err := r.sendStatus(false); err != nil {
				return err
			}
		}
	}
}
