package mapping

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aisle-search/aisle/orders/postgres"
	"github.com/jackc/pgx/v5"
)

// Columns are the names that a configuration gives.
type Columns struct {
	Name      pgx.Identifier // schema and table
	Product   string
	Quantity  string
	Reserved  string // taken off Quantity; "" if not mapped, as below
	CreatedAt string
	Status    string
	Cancelled []string // values of Status for which the quantity is 0
}

// Table is a mapped table as the database holds it.
type Table struct {
	Columns
	OID         uint32
	Partitioned bool
	Keys        []string // columns that name a row in the log, in table order
}

// SQL is the table's name as statements write it.
func (c Columns) SQL() string { return c.Name.Sanitize() }

// ColumnNames are the key's columns and then the mapped ones.
func (t *Table) ColumnNames() []string {
	mapped := []string{t.Product, t.Quantity, t.Reserved, t.CreatedAt, t.Status}
	return append(slices.Clone(t.Keys), slices.DeleteFunc(mapped, func(name string) bool { return name == "" })...)
}

// queryer is a pool, a connection or a transaction.
type queryer interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// Find looks the table up and checks that it can be followed.
func Find(ctx context.Context, q queryer, c Columns) (*Table, error) {
	t := &Table{Columns: c}
	identity, err := t.find(ctx, q)
	if err != nil {
		return nil, err
	}
	if err := t.findColumns(ctx, q, identity); err != nil {
		return nil, err
	}
	switch {
	case identity == "n":
		return nil, fmt.Errorf("%w: run ALTER TABLE %s REPLICA IDENTITY DEFAULT", ErrIdentity, t.SQL())
	case len(t.Keys) == 0:
		return nil, fmt.Errorf("%w: give %s a primary key", ErrIdentity, t.SQL())
	}
	return t, nil
}

// Same tells whether the name still means this table.
func (t *Table) Same(ctx context.Context, q queryer) (bool, error) {
	now := &Table{Columns: t.Columns}
	if _, err := now.find(ctx, q); err != nil && !errors.Is(err, ErrTableMissing) {
		return false, err
	}
	return now.OID == t.OID, nil
}

// find reads the table's own row of the catalogue and returns its replica
// identity.
func (t *Table) find(ctx context.Context, q queryer) (identity string, err error) {
	rows, err := q.Query(ctx, `select c.oid, c.relkind::text, c.relpersistence::text, c.relreplident::text,
			has_table_privilege(c.oid, 'select'), row_security_active(c.oid)
		from pg_class c join pg_namespace n on n.oid = c.relnamespace
		where n.nspname = $1 and c.relname = $2`, t.Name[0], t.Name[1])
	if err != nil {
		return "", fmt.Errorf("look up table %s: %w", t.SQL(), err)
	}
	type class struct {
		OID                         uint32
		Kind, Persistence, Identity string
		Readable, Secured           bool
	}
	c, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[class])
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return "", fmt.Errorf("%w: there is no %s; create it, run the migrations, or correct the mapping", ErrTableMissing, t.SQL())
	case err != nil:
		return "", fmt.Errorf("look up table %s: %w", t.SQL(), err)
	case c.Kind != "r" && c.Kind != "p":
		return "", fmt.Errorf("%w: %s is a view or another thing without rows of its own; map a table", ErrTableMissing, t.SQL())
	case c.Persistence != "p":
		return "", fmt.Errorf("%w: %s is temporary or unlogged; run ALTER TABLE %s SET LOGGED", ErrTableMissing, t.SQL(), t.SQL())
	case !c.Readable:
		return "", fmt.Errorf("%w: GRANT SELECT ON %s to the role in the URL", postgres.ErrPrivilege, t.SQL())
	case c.Secured:
		return "", fmt.Errorf("%w: row security hides rows of %s; give the role BYPASSRLS", postgres.ErrPrivilege, t.SQL())
	}
	t.OID, t.Partitioned = c.OID, c.Kind == "p"
	return c.Identity, nil
}

// tableColumn is a column as the database describes it.
type tableColumn struct {
	Name      string
	Type      string // of the domain's base, if it is a domain
	Generated bool
	Key       bool // of the primary key, or of the index that is the identity
}

func (t *Table) findColumns(ctx context.Context, q queryer, identity string) error {
	rows, err := q.Query(ctx, `select a.attname::text, format_type(coalesce(nullif(y.typbasetype, 0), y.oid), null),
			a.attgenerated <> '', coalesce(a.attnum = any (k.columns), false)
		from pg_attribute a join pg_type y on y.oid = a.atttypid
		left join lateral (
			select (i.indkey::int2[])[0:i.indnkeyatts - 1] as columns from pg_index i
			where i.indrelid = a.attrelid and i.indisvalid
				and case when $2 = 'i' then i.indisreplident else i.indisprimary end
		) k on true
		where a.attrelid = $1 and a.attnum > 0 and not a.attisdropped order by a.attnum`, t.OID, identity)
	if err != nil {
		return fmt.Errorf("look up columns of %s: %w", t.SQL(), err)
	}
	columns, err := pgx.CollectRows(rows, pgx.RowToStructByPos[tableColumn])
	if err != nil {
		return fmt.Errorf("look up columns of %s: %w", t.SQL(), err)
	}
	byName := make(map[string]tableColumn, len(columns))
	for _, c := range columns {
		byName[c.Name] = c
		if c.Key {
			t.Keys = append(t.Keys, c.Name)
		}
	}
	return t.checkColumns(byName)
}

// Types that the mapped columns may have.
const (
	numberTypes = "smallint,integer,bigint,numeric,real,double precision,boolean"
	timeTypes   = "date,timestamp without time zone,timestamp with time zone"
)

func (t *Table) checkColumns(byName map[string]tableColumn) error {
	for _, want := range []struct{ column, types string }{
		{t.Product, ""}, {t.Quantity, numberTypes}, {t.Reserved, numberTypes}, {t.CreatedAt, timeTypes}, {t.Status, ""},
	} {
		if want.column == "" {
			continue
		}
		c, ok := byName[want.column]
		switch {
		case !ok:
			return t.missing(want.column)
		case c.Generated:
			return fmt.Errorf("%w: %s.%q is generated, which the log leaves out; map the columns it is made of",
				ErrColumnType, t.SQL(), c.Name)
		case want.types != "" && !slices.Contains(strings.Split(want.types, ","), c.Type):
			return fmt.Errorf("%w: %s.%q is %s and must be one of %s", ErrColumnType, t.SQL(), c.Name, c.Type, want.types)
		}
	}
	return nil
}

func (t *Table) missing(column string) error {
	return fmt.Errorf("%w: %s has no column %q; correct the mapping, then read everything again", ErrColumnMissing, t.SQL(), column)
}
