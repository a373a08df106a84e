package replication

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aisle-search/aisle/orders/postgres"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// lookWait bounds a look at the catalogue, which is quick where the server can be
// reached at all.
const lookWait = 15 * time.Second

// Source follows the mapped tables of one database through one replication slot.
// At most one Snapshot or Stream runs at a time; all else is safe for concurrent
// use.
type Source struct {
	cfg  Config
	url  string
	slot string // name of the replication slot
	name string // application_name of its connections: aisle/NODE/INSTANCE
	now  func() time.Time

	running atomic.Bool   // a Snapshot or Stream is under way
	acked   atomic.Uint64 // the LSN of the last Acknowledge since Stream began

	mu   sync.Mutex // guards pool
	pool *pgxpool.Pool
}

// NewSource completes cfg by WithDefaults. It connects to nothing yet; Prepare
// does, and says what is wrong with cfg or url.
func NewSource(cfg Config, url string) *Source {
	cfg = cfg.WithDefaults()
	var instance [4]byte
	_, _ = rand.Read(instance[:]) // never fails
	database := ""
	if config, err := pgconn.ParseConfig(url); err == nil { // else Prepare says why
		database = cmp.Or(config.Database, config.User) // as the server does
	}
	return &Source{
		cfg: cfg, url: url, slot: slotName(cfg.Node, database), now: time.Now,
		name: fmt.Sprintf("aisle/%s/%s", cfg.Node, hex.EncodeToString(instance[:])),
	}
}

// Close closes the connections. A Stream ends by its context, not by Close.
func (s *Source) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pool != nil {
		s.pool.Close()
		s.pool = nil
	}
}

// Acknowledge says that everything up to lsn is durable. It never goes back, and
// the server is told within two seconds while a Stream runs.
func (s *Source) Acknowledge(lsn postgres.LSN) {
	for {
		old := s.acked.Load()
		if uint64(lsn) <= old || s.acked.CompareAndSwap(old, uint64(lsn)) {
			return
		}
	}
}

// begin makes sure that there is one Snapshot or Stream at a time.
func (s *Source) begin() error {
	if !s.running.CompareAndSwap(false, true) {
		return &SlotBusyError{Slot: s.slot, Name: s.name}
	}
	return nil
}

// connections returns the pool for everything but replication.
func (s *Source) connections(ctx context.Context) (*pgxpool.Pool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pool != nil {
		return s.pool, nil
	}
	config, err := s.poolConfig()
	if err != nil {
		return nil, err
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("open Postgres pool: %w", err)
	}
	s.pool = pool
	return pool, nil
}

// poolConfig sets how values are written as text, so that snapshot and stream
// write the same value the same way whatever the role's settings are.
func (s *Source) poolConfig() (*pgxpool.Config, error) {
	config, err := pgxpool.ParseConfig(s.url)
	if err != nil {
		return nil, fmt.Errorf("read Postgres URL: %w", err)
	}
	config.MaxConns = 4 // snapshot, table watch, status and one to spare
	// Connections that a network cut left for dead are found before they are used.
	config.PingTimeout = 2 * time.Second
	config.ShouldPing = func(context.Context, pgxpool.ShouldPingParams) bool { return true }
	if config.ConnConfig.ConnectTimeout == 0 {
		config.ConnConfig.ConnectTimeout = lookWait
	}
	params := config.ConnConfig.RuntimeParams
	for name, value := range map[string]string{
		"application_name":                    s.name,
		"timezone":                            "UTC",
		"datestyle":                           "ISO",
		"intervalstyle":                       "iso_8601",
		"bytea_output":                        "hex",
		"extra_float_digits":                  "1",
		"statement_timeout":                   "0", // a snapshot takes its time
		"idle_in_transaction_session_timeout": "0",
	} {
		params[name] = value
	}
	return config, nil
}

// connectReplication opens a connection that speaks the replication protocol. After
// a cut that the server does not hear of it frees the slot within the plan's
// patience; within half of it, it says something even in a long transaction.
func (s *Source) connectReplication(ctx context.Context, p plan) (*pgconn.PgConn, error) {
	config, err := s.poolConfig()
	if err != nil {
		return nil, err
	}
	config.ConnConfig.RuntimeParams["replication"] = "database"
	config.ConnConfig.RuntimeParams["wal_sender_timeout"] = fmt.Sprint(p.patience.Milliseconds())
	conn, err := pgconn.ConnectConfig(ctx, &config.ConnConfig.Config)
	if err != nil {
		return nil, s.explain("open replication connection", err)
	}
	return conn, nil
}

// closeReplication closes conn even when ctx is done, without waiting long.
func closeReplication(ctx context.Context, conn *pgconn.PgConn) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	_ = conn.Close(ctx) // the socket is closed in any case
}

// explain turns what Postgres says into what a caller can act upon.
func (s *Source) explain(doing string, err error) error {
	switch postgres.SQLState(err) {
	case codeUndefinedObject, codeNotInState, codeUndefinedFile:
		return fmt.Errorf("%s: %w: everything has to be read again: %w", doing, ErrSlotLost, err)
	case codeInUse:
		return fmt.Errorf("%s: %w: %w", doing, &SlotBusyError{Slot: s.slot}, err)
	case codePrivilege, "28000":
		return fmt.Errorf("%s: %w: give the role REPLICATION, and let pg_hba.conf admit it: %w", doing, postgres.ErrPrivilege, err)
	case codeTooMany, codeConfigLimit:
		return fmt.Errorf("%s: %w: raise max_wal_senders or max_replication_slots, or drop unused slots: %w", doing, ErrNoFreeSlot, err)
	}
	return fmt.Errorf("%s: %w", doing, err)
}
