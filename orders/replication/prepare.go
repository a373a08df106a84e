package replication

import (
	"context"
	"fmt"
	"time"

	"github.com/aisle-search/aisle/orders/mapping"
	"github.com/aisle-search/aisle/orders/postgres"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// minVersion is the first Postgres that sends messages of pg_logical_emit_message
// through pgoutput.
const minVersion = 140000

// publicationChanged is the prefix of the message that goes into the log when
// the publication is created or gets a table. A follower that comes upon it has
// missed rows, written while the table was not published, and reads everything
// again.
const publicationChanged = "aisle.publication-changed"

// plan is what was found out about server and tables before following them.
type plan struct {
	stock, lines table
	patience     time.Duration // after which the server ends a connection of ours that is silent
}

// Prepare checks everything that following needs, and creates the publication if
// it is missing or lacks a mapped table. Each failure is a sentinel wrapped in a
// sentence that tells what to do.
func (s *Source) Prepare(ctx context.Context) error {
	_, err := s.prepare(ctx)
	return err
}

func (s *Source) prepare(ctx context.Context) (plan, error) {
	p, pool, err := s.inspect(ctx)
	if err != nil {
		return plan{}, err
	}
	if err := s.checkSlots(ctx, pool); err != nil {
		return plan{}, err
	}
	conn, err := s.connectReplication(ctx, p)
	if err != nil {
		return plan{}, err
	}
	closeReplication(ctx, conn)
	return p, s.ensurePublication(ctx, pool, p)
}

// inspect checks the configuration, the server's settings and the tables.
func (s *Source) inspect(ctx context.Context) (plan, *pgxpool.Pool, error) {
	if err := s.cfg.Validate(); err != nil {
		return plan{}, nil, err
	}
	pool, err := s.connections(ctx)
	if err != nil {
		return plan{}, nil, err
	}
	patience, err := checkServer(ctx, pool)
	if err != nil {
		return plan{}, nil, err
	}
	p := plan{patience: s.cfg.Silence * 2 / 3, stock: table{kind: KindStock}, lines: table{kind: KindLine}}
	if patience > 0 && patience < p.patience {
		p.patience = patience
	}
	if p.stock.Table, err = mapping.Find(ctx, pool, s.cfg.stockColumns()); err != nil {
		return plan{}, nil, err
	}
	if p.lines.Table, err = mapping.Find(ctx, pool, s.cfg.lineColumns()); err != nil {
		return plan{}, nil, err
	}
	return p, pool, nil
}

// checkServer returns the server's wal_sender_timeout, 0 where it has none.
func checkServer(ctx context.Context, pool *pgxpool.Pool) (time.Duration, error) {
	var (
		version int
		level   string
		standby bool
		millis  int64
	)
	err := pool.QueryRow(ctx, `select current_setting('server_version_num')::int, current_setting('wal_level'),
			pg_is_in_recovery(), (select setting::bigint from pg_settings where name = 'wal_sender_timeout')`).
		Scan(&version, &level, &standby, &millis)
	switch {
	case err != nil:
		return 0, fmt.Errorf("reach Postgres: %w", err)
	case version < minVersion:
		return 0, fmt.Errorf("%w: this is %d.%d; use PostgreSQL 14 or newer", ErrVersion, version/10000, version%10000)
	case standby:
		return 0, fmt.Errorf("%w: this is a standby; give the URL of the primary", ErrWALLevel)
	case level != "logical":
		return 0, fmt.Errorf("%w: wal_level is %s; run ALTER SYSTEM SET wal_level = logical and restart Postgres", ErrWALLevel, level)
	}
	return time.Duration(millis) * time.Millisecond, nil
}

func (s *Source) checkSlots(ctx context.Context, pool *pgxpool.Pool) error {
	var used, most int
	var have bool
	err := pool.QueryRow(ctx, `select count(*), current_setting('max_replication_slots')::int,
		coalesce(bool_or(slot_name = $1), false) from pg_replication_slots`, s.slot).Scan(&used, &most, &have)
	if err != nil {
		return fmt.Errorf("count replication slots: %w", err)
	}
	if !have && used >= most {
		return fmt.Errorf("%w: all %d slots are taken; drop unused ones or raise max_replication_slots and restart Postgres", ErrNoFreeSlot, most)
	}
	return nil
}

// ensurePublication creates the publication or adds what it lacks. The message
// in the same transaction tells the followers of all nodes.
func (s *Source) ensurePublication(ctx context.Context, pool *pgxpool.Pool, p plan) error {
	err := pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `select pg_advisory_xact_lock(hashtextextended($1, 0))`, "aisle.publication"); err != nil {
			return err
		}
		statement, err := s.publicationGap(ctx, tx, p)
		if err != nil || statement == "" {
			return err
		}
		if _, err := tx.Exec(ctx, statement); err != nil {
			if postgres.SQLState(err) == codePrivilege {
				return fmt.Errorf("%w: let the tables' owner run: %s", ErrPublication, statement)
			}
			return err
		}
		_, err = tx.Exec(ctx, `select pg_logical_emit_message(true, $1::text, $2::text)`, publicationChanged, s.cfg.Publication)
		return err
	})
	if err != nil {
		return fmt.Errorf("prepare publication %s: %w", s.cfg.Publication, err)
	}
	return nil
}

// queryer is a pool, a connection or a transaction.
type queryer interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// publicationGap returns the statement that would make the publication cover
// both tables, "" if it does, or why none can.
func (s *Source) publicationGap(ctx context.Context, q queryer, p plan) (string, error) {
	name := pgx.Identifier{s.cfg.Publication}.Sanitize()
	complete, root, found, err := s.publicationFlags(ctx, q)
	if err != nil {
		return "", err
	}
	if !found {
		return fmt.Sprintf("CREATE PUBLICATION %s FOR TABLE %s, %s WITH (publish_via_partition_root = true)",
			name, p.stock.SQL(), p.lines.SQL()), nil
	}
	if !complete {
		return "", fmt.Errorf("%w: run ALTER PUBLICATION %s SET (publish = 'insert, update, delete, truncate')", ErrPublication, name)
	}
	if !root && (p.stock.Partitioned || p.lines.Partitioned) {
		return "", fmt.Errorf("%w: run ALTER PUBLICATION %s SET (publish_via_partition_root = true)", ErrPublication, name)
	}
	for _, t := range []table{p.stock, p.lines} {
		published, whole, err := s.published(ctx, q, t)
		if err != nil {
			return "", err
		}
		if !published {
			return fmt.Sprintf("ALTER PUBLICATION %s ADD TABLE %s", name, t.SQL()), nil
		}
		if !whole {
			return "", fmt.Errorf("%w: it filters rows or columns of %s; publish the whole table", ErrPublication, t.SQL())
		}
	}
	return "", nil
}

func (s *Source) publicationFlags(ctx context.Context, q queryer) (complete, root, found bool, err error) {
	rows, err := q.Query(ctx, `select pubinsert and pubupdate and pubdelete and pubtruncate, pubviaroot
		from pg_publication where pubname = $1`, s.cfg.Publication)
	if err != nil {
		return false, false, false, err
	}
	_, err = pgx.ForEachRow(rows, []any{&complete, &root}, func() error {
		found = true
		return nil
	})
	return complete, root, found, err
}

// published tells whether the table is in the publication, and whether all its
// rows are and those mapped columns that it still has: one renamed since the plan
// was made is told by the log. Servers before 15 filter nothing, hence JSON.
func (s *Source) published(ctx context.Context, q queryer, t table) (published, whole bool, err error) {
	rows, err := q.Query(ctx, `select p.j ->> 'rowfilter' is null
			and (p.j -> 'attnames' is null or p.j -> 'attnames' @> (
				select coalesce(jsonb_agg(a.attname), '[]') from pg_attribute a
				where a.attrelid = $5 and a.attnum > 0 and not a.attisdropped and a.attname = any ($4::text[])))
		from (select to_jsonb(t) as j from pg_publication_tables t
			where pubname = $1 and schemaname = $2 and tablename = $3) p`,
		s.cfg.Publication, t.Name[0], t.Name[1], t.ColumnNames(), t.OID)
	if err != nil {
		return false, false, err
	}
	_, err = pgx.ForEachRow(rows, []any{&whole}, func() error {
		published = true
		return nil
	})
	return published, whole, err
}
