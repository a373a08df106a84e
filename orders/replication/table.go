package replication

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aisle-search/aisle/orders/pgoutput"
	"github.com/jackc/pgx/v5"
)

// table is a mapped table as the database holds it.
type table struct {
	mapping
	oid         uint32
	partitioned bool
	keys        []string // columns that name a row in the log, in table order
}

// mapping is what the configuration says about a table.
type mapping struct {
	kind      Kind
	name      pgx.Identifier // schema and name
	product   string
	quantity  string
	reserved  string // "" if not mapped, as below
	createdAt string
	status    string
	cancelled []string
}

func (c Config) stockColumns() mapping {
	name, _ := parseTable(c.Stock.Table) // Validate has been called
	return mapping{kind: KindStock, name: name, product: c.Stock.Product, quantity: c.Stock.OnHand, reserved: c.Stock.Reserved}
}

func (c Config) lineColumns() mapping {
	name, _ := parseTable(c.Lines.Table) // Validate has been called
	return mapping{
		kind: KindLine, name: name, product: c.Lines.Product, quantity: c.Lines.Quantity,
		createdAt: c.Lines.CreatedAt, status: c.Lines.Status, cancelled: c.Lines.Cancelled,
	}
}

func (m mapping) sql() string { return m.name.Sanitize() }

// columns are the mapped columns but the key, in the order of a snapshot's row.
func (m mapping) columns() []string {
	all := []string{m.product, m.quantity, m.reserved, m.createdAt, m.status}
	return slices.DeleteFunc(all, func(name string) bool { return name == "" })
}

func (t *table) allColumns() []string { return append(slices.Clone(t.keys), t.columns()...) }

// queryer is a pool, a connection or a transaction.
type queryer interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// findTable looks the table up and checks that it can be followed.
func findTable(ctx context.Context, q queryer, m mapping) (*table, error) {
	t := &table{mapping: m}
	identity, err := t.find(ctx, q)
	if err != nil {
		return nil, err
	}
	if err := t.findColumns(ctx, q, identity); err != nil {
		return nil, err
	}
	switch {
	case identity == "n":
		return nil, fmt.Errorf("%w: run ALTER TABLE %s REPLICA IDENTITY DEFAULT", ErrIdentity, t.sql())
	case len(t.keys) == 0:
		return nil, fmt.Errorf("%w: give %s a primary key", ErrIdentity, t.sql())
	}
	return t, nil
}

// find reads the table's own row of the catalogue and returns its replica
// identity.
func (t *table) find(ctx context.Context, q queryer) (identity string, err error) {
	rows, err := q.Query(ctx, `select c.oid, c.relkind::text, c.relpersistence::text, c.relreplident::text,
			has_table_privilege(c.oid, 'select'), row_security_active(c.oid)
		from pg_class c join pg_namespace n on n.oid = c.relnamespace
		where n.nspname = $1 and c.relname = $2`, t.name[0], t.name[1])
	if err != nil {
		return "", fmt.Errorf("look up table %s: %w", t.sql(), err)
	}
	type class struct {
		OID                         uint32
		Kind, Persistence, Identity string
		Readable, Secured           bool
	}
	c, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[class])
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return "", fmt.Errorf("%w: there is no %s; create it, run the migrations, or correct the mapping", ErrTableMissing, t.sql())
	case err != nil:
		return "", fmt.Errorf("look up table %s: %w", t.sql(), err)
	case c.Kind != "r" && c.Kind != "p":
		return "", fmt.Errorf("%w: %s is a view or another thing without rows of its own; map a table", ErrTableMissing, t.sql())
	case c.Persistence != "p":
		return "", fmt.Errorf("%w: %s is temporary or unlogged; run ALTER TABLE %s SET LOGGED", ErrTableMissing, t.sql(), t.sql())
	case !c.Readable:
		return "", fmt.Errorf("%w: GRANT SELECT ON %s to the role in the URL", ErrPrivilege, t.sql())
	case c.Secured:
		return "", fmt.Errorf("%w: row security hides rows of %s; give the role BYPASSRLS", ErrPrivilege, t.sql())
	}
	t.oid, t.partitioned = c.OID, c.Kind == "p"
	return c.Identity, nil
}

// tableColumn is a column as the database describes it.
type tableColumn struct {
	Name      string
	Type      string // of the domain's base, if it is a domain
	Generated bool
	Key       bool // of the primary key, or of the index that is the identity
}

func (t *table) findColumns(ctx context.Context, q queryer, identity string) error {
	rows, err := q.Query(ctx, `select a.attname::text, format_type(coalesce(nullif(y.typbasetype, 0), y.oid), null),
			a.attgenerated <> '', coalesce(a.attnum = any (k.columns), false)
		from pg_attribute a join pg_type y on y.oid = a.atttypid
		left join lateral (
			select (i.indkey::int2[])[0:i.indnkeyatts - 1] as columns from pg_index i
			where i.indrelid = a.attrelid and i.indisvalid
				and case when $2 = 'i' then i.indisreplident else i.indisprimary end
		) k on true
		where a.attrelid = $1 and a.attnum > 0 and not a.attisdropped order by a.attnum`, t.oid, identity)
	if err != nil {
		return fmt.Errorf("look up columns of %s: %w", t.sql(), err)
	}
	columns, err := pgx.CollectRows(rows, pgx.RowToStructByPos[tableColumn])
	if err != nil {
		return fmt.Errorf("look up columns of %s: %w", t.sql(), err)
	}
	byName := make(map[string]tableColumn, len(columns))
	for _, c := range columns {
		byName[c.Name] = c
		if c.Key {
			t.keys = append(t.keys, c.Name)
		}
	}
	return t.checkColumns(byName)
}

// Types that the mapped columns may have.
const (
	numberTypes = "smallint,integer,bigint,numeric,real,double precision,boolean"
	timeTypes   = "date,timestamp without time zone,timestamp with time zone"
)

func (t *table) checkColumns(byName map[string]tableColumn) error {
	for _, want := range []struct{ column, types string }{
		{t.product, ""}, {t.quantity, numberTypes}, {t.reserved, numberTypes}, {t.createdAt, timeTypes}, {t.status, ""},
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
				ErrColumnType, t.sql(), c.Name)
		case want.types != "" && !slices.Contains(strings.Split(want.types, ","), c.Type):
			return fmt.Errorf("%w: %s.%q is %s and must be one of %s", ErrColumnType, t.sql(), c.Name, c.Type, want.types)
		}
	}
	return nil
}

func (t *table) missing(column string) error {
	return fmt.Errorf("%w: %s has no column %q; correct the mapping, then read everything again", ErrColumnMissing, t.sql(), column)
}

// selected is the layout of a snapshot's row: the key, then columns().
func (t *table) selected() *layout {
	l, next := t.unmapped(), len(t.keys)
	for i := range t.keys {
		l.key = append(l.key, i)
	}
	for _, f := range t.fields(l) {
		if f.column != "" {
			*f.at = next
			next++
		}
	}
	return l
}

// logged is the layout of a row in the log, by what the log says about the
// table. The key is taken by its mark rather than by name, so that a key column
// may be renamed.
func (t *table) logged(m pgoutput.Message) (*layout, error) {
	l := t.unmapped()
	full := m.Identity == 'f'
	position := make(map[string]int, len(m.Attributes))
	for i, a := range m.Attributes {
		position[a.Name] = i
		if full && slices.Contains(t.keys, a.Name) || !full && a.Key {
			l.key = append(l.key, i)
		}
	}
	if len(l.key) != len(t.keys) {
		return nil, fmt.Errorf("%w: the key of %s has changed; read everything again", ErrTableReplaced, t.sql())
	}
	for _, f := range t.fields(l) {
		if f.column == "" {
			continue
		}
		i, ok := position[f.column]
		if !ok {
			return nil, t.missing(f.column)
		}
		*f.at = i
	}
	return l, nil
}

func (t *table) unmapped() *layout {
	return &layout{kind: t.kind, table: t.sql(), reserved: -1, createdAt: -1, status: -1, cancelled: t.cancelled}
}

// fields pairs each mapped column with its place in l, in the order of columns().
func (t *table) fields(l *layout) []struct {
	column string
	at     *int
} {
	return []struct {
		column string
		at     *int
	}{
		{t.product, &l.product}, {t.quantity, &l.quantity}, {t.reserved, &l.reserved},
		{t.createdAt, &l.createdAt}, {t.status, &l.status},
	}
}
