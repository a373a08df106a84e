package replication

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aisle-search/aisle/orders/pgoutput"
)

// keySeparator joins the columns of a key.
const keySeparator = '\x1f'

// layout says where a row's values are; the snapshot and the stream both use it,
// so that the same row gives the same Change in both.
type layout struct {
	kind      Kind
	table     string // for errors
	key       []int
	product   int
	quantity  int
	reserved  int // -1: not mapped
	createdAt int // -1: not mapped
	status    int // -1: not mapped
	cancelled []string
}

// upsert maps a row as it is now. old is the row before, where the log has all
// of it, and stands in for large values that were left alone.
func (l *layout) upsert(row, old []pgoutput.Column) (Change, error) {
	r := rowReader{layout: l, row: row, old: old}
	c := Change{Kind: l.kind, Op: OpUpsert, Key: r.key(), Product: string(r.value(l.product))}
	c.Quantity = parseQuantity(r.value(l.quantity))
	if l.reserved >= 0 {
		c.Quantity = saturatingSub(c.Quantity, parseQuantity(r.value(l.reserved)))
	}
	if l.createdAt >= 0 {
		c.At = parseTime(string(r.value(l.createdAt)))
	}
	if l.status >= 0 && slices.Contains(l.cancelled, string(r.value(l.status))) {
		c.Quantity = 0
	}
	if c.Product == "" { // a row that names no product says nothing about any
		c = Change{Kind: l.kind, Op: OpDelete, Key: c.Key}
	}
	return c, r.err
}

// remove maps the row before a delete, or before an update that changed its key.
func (l *layout) remove(old []pgoutput.Column) (Change, error) {
	r := rowReader{layout: l, row: old}
	return Change{Kind: l.kind, Op: OpDelete, Key: r.key()}, r.err
}

// rowReader reads values until the first error.
type rowReader struct {
	*layout
	row, old []pgoutput.Column
	err      error
}

// value returns a column's text; nil for null.
func (r *rowReader) value(i int) []byte {
	if i >= len(r.row) {
		r.fail(fmt.Errorf("%w: row of %s has %d columns", ErrProtocol, r.table, len(r.row)))
		return nil
	}
	c := r.row[i]
	if c.How == pgoutput.Unchanged && i < len(r.old) {
		c = r.old[i]
	}
	switch c.How {
	case pgoutput.Text:
		return c.Data
	case pgoutput.Null:
		return nil
	case pgoutput.Unchanged:
		r.fail(fmt.Errorf("%w: run ALTER TABLE %s REPLICA IDENTITY FULL", ErrToast, r.table))
	default:
		r.fail(fmt.Errorf("%w: row of %s has a column of kind %q", ErrProtocol, r.table, c.How))
	}
	return nil
}

func (r *rowReader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

func (r *rowReader) key() string {
	if len(r.layout.key) == 1 {
		return string(r.value(r.layout.key[0]))
	}
	var b strings.Builder
	for n, i := range r.layout.key {
		if n > 0 {
			b.WriteByte(keySeparator)
		}
		b.Write(r.value(i))
	}
	return b.String()
}

// parseQuantity takes whole, decimal and floating numbers, dropping fractions of
// a piece, and booleans as 1 and 0. It is total: null and NaN are 0, and what is
// out of range is the nearest that fits.
func parseQuantity(text []byte) int64 {
	s := string(text)
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return n
	}
	if s == "t" {
		return 1
	}
	if whole, _, ok := strings.Cut(s, "."); ok {
		if n, err := strconv.ParseInt(whole, 10, 64); err == nil && !strings.ContainsAny(s, "eE") {
			return n
		}
	}
	f, err := strconv.ParseFloat(s, 64)
	switch {
	case (err != nil && !math.IsInf(f, 0)) || math.IsNaN(f):
		return 0
	case f >= math.MaxInt64:
		return math.MaxInt64
	case f <= math.MinInt64:
		return math.MinInt64
	}
	return int64(f)
}

func saturatingSub(a, b int64) int64 {
	d := a - b
	switch {
	case b > 0 && d > a:
		return math.MinInt64
	case b < 0 && d < a:
		return math.MaxInt64
	}
	return d
}

// parseTime reads a timestamp in ISO style and UTC, which the connections ask
// for; one without a zone is taken as UTC. Null, infinity and years that have no
// four digits are the zero time, which lies in no window of sales.
func parseTime(s string) time.Time {
	for _, form := range []string{"2006-01-02 15:04:05Z07", time.DateTime, time.DateOnly} {
		if at, err := time.Parse(form, s); err == nil {
			return at.UTC()
		}
	}
	return time.Time{}
}
