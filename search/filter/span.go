package filter

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/aisle-search/aisle/search/schema"
)

// Span is a range of numbers, both ends included.
type Span struct{ From, To float64 }

func (s Span) holds(n float64) bool { return n >= s.From && n <= s.To }

// ParseSpan reads a number or a range of a kind. A day stands for all of it.
func ParseSpan(s string, kind schema.Kind) (Span, bool) {
	low, high, isRange := strings.Cut(s, "..")
	if !isRange {
		return parseBound(low, kind)
	}
	all := Span{math.Inf(-1), math.Inf(1)}
	if low == "" && high == "" {
		return all, false
	}
	if low != "" {
		b, ok := parseBound(low, kind)
		if !ok {
			return all, false
		}
		all.From = b.From
	}
	if high != "" {
		b, ok := parseBound(high, kind)
		if !ok {
			return all, false
		}
		all.To = b.To
	}
	return all, true
}

func parseBound(s string, kind schema.Kind) (Span, bool) {
	if kind == schema.Date {
		return parseDate(s)
	}
	n, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
		return Span{}, false
	}
	if strings.ContainsAny(s, "xXpP_") { // ParseFloat takes hexadecimal
		return Span{}, false
	}
	if kind == schema.Money && n != math.Trunc(n) {
		return Span{}, false
	}
	return Span{n, n}, true
}

func parseDate(s string) (Span, bool) {
	if t, err := time.Parse(time.DateOnly, s); err == nil {
		from := float64(t.UnixMilli())
		return Span{from, from + 24*60*60*1000 - 1}, true
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return Span{}, false
	}
	ms := float64(t.UnixMilli())
	return Span{ms, ms}, true
}

// inSpans tells whether a number lies in one of them.
func inSpans(spans []Span, n float64) bool {
	for _, s := range spans {
		if s.holds(n) {
			return true
		}
	}
	return false
}
