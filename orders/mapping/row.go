package mapping

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

// Row is what a row of a mapped table says.
type Row struct {
	Key      string // the key's columns as text, joined by U+001F
	Product  string // "" for a row that names none, and so says nothing about any
	Quantity int64
	At       time.Time
}

// Row reads a row as it is now. old is the row before, where the log has all of
// it, and stands in for large values that were left alone.
func (l *Layout) Row(row, old []pgoutput.Column) (Row, error) {
	r := rowReader{Layout: l, row: row, old: old}
	v := Row{Key: r.key(), Product: string(r.value(l.product)), Quantity: parseQuantity(r.value(l.quantity))}
	if l.reserved >= 0 {
		v.Quantity = saturatingSub(v.Quantity, parseQuantity(r.value(l.reserved)))
	}
	if l.createdAt >= 0 {
		v.At = parseTime(string(r.value(l.createdAt)))
	}
	if l.status >= 0 && slices.Contains(l.cancelled, string(r.value(l.status))) {
		v.Quantity = 0
	}
	return v, r.err
}

// Key reads the key alone, which is all that the row before a delete needs to have.
func (l *Layout) Key(row []pgoutput.Column) (string, error) {
	r := rowReader{Layout: l, row: row}
	return r.key(), r.err
}

// rowReader reads values until the first error.
type rowReader struct {
	*Layout
	row, old []pgoutput.Column
	err      error
}

// value returns a column's text; nil for null.
func (r *rowReader) value(i int) []byte {
	if i >= len(r.row) {
		r.fail(fmt.Errorf("%w: row of %s has %d columns", pgoutput.ErrMalformed, r.table, len(r.row)))
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
		r.fail(fmt.Errorf("%w: row of %s has a column of kind %q", pgoutput.ErrMalformed, r.table, c.How))
	}
	return nil
}

func (r *rowReader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

func (r *rowReader) key() string {
	if len(r.Layout.key) == 1 {
		return string(r.value(r.Layout.key[0]))
	}
	var b strings.Builder
	for n, i := range r.Layout.key {
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
