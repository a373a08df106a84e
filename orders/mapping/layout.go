package mapping

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aisle-search/aisle/orders/pgoutput"
	"github.com/jackc/pgx/v5"
)

// Layout says where a row's values are. Rows that are selected and rows of the log
// both have one, so that the same row gives the same values by either way.
type Layout struct {
	table     string // for errors
	key       []int
	product   int
	quantity  int
	reserved  int // -1: not mapped
	createdAt int // -1: not mapped
	status    int // -1: not mapped
	cancelled []string
}

// Select is the statement that reads the rows as text, as the log has them, only
// those created at since or later where that is mapped and since is not zero. Its
// rows are laid out as l says.
func (t *Table) Select(since time.Time) (query string, args [][]byte, l *Layout) {
	var b strings.Builder
	b.WriteString("select ")
	for i, name := range t.ColumnNames() {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(pgx.Identifier{name}.Sanitize())
	}
	b.WriteString(" from ")
	b.WriteString(t.SQL())
	if t.CreatedAt != "" && !since.IsZero() {
		b.WriteString(" where " + pgx.Identifier{t.CreatedAt}.Sanitize() + " >= $1::timestamptz")
		args = [][]byte{[]byte(since.UTC().Format("2006-01-02 15:04:05.999999Z07:00"))}
	}
	return b.String(), args, t.selected()
}

// selected is the layout of a row of Select, which has ColumnNames.
func (t *Table) selected() *Layout {
	l, next := t.unmapped(), len(t.Keys)
	for i := range t.Keys {
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

// Logged is the layout of a row in the log, by what the log says about the
// table. The key is taken by its mark rather than by name, so that a key column
// may be renamed.
func (t *Table) Logged(m pgoutput.Message) (*Layout, error) {
	l := t.unmapped()
	full := m.Identity == 'f'
	position := make(map[string]int, len(m.Attributes))
	for i, a := range m.Attributes {
		position[a.Name] = i
		if full && slices.Contains(t.Keys, a.Name) || !full && a.Key {
			l.key = append(l.key, i)
		}
	}
	if len(l.key) != len(t.Keys) {
		return nil, fmt.Errorf("%w: the key of %s has changed; read everything again", ErrTableReplaced, t.SQL())
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

func (t *Table) unmapped() *Layout {
	return &Layout{table: t.SQL(), reserved: -1, createdAt: -1, status: -1, cancelled: t.Cancelled}
}

// fields pairs each mapped column with its place in l, in the order of ColumnNames.
func (t *Table) fields(l *Layout) []struct {
	column string
	at     *int
} {
	return []struct {
		column string
		at     *int
	}{
		{t.Product, &l.product}, {t.Quantity, &l.quantity}, {t.Reserved, &l.reserved},
		{t.CreatedAt, &l.createdAt}, {t.Status, &l.status},
	}
}
