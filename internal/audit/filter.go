package audit

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// filter keeps products that have one of the values, which are spelled as a
// caller spells them.
type filter struct {
	name   string
	values []string
	keys   []string // the values, folded; none for numbers
	spans  []span   // those of the values that are numbers
}

// span is a range of numbers, both ends included.
type span struct{ from, to float64 }

func (s span) holds(n float64) bool { return s.from <= n && n <= s.to }

// filter reads the values of a filter.
func (s *Shop) filter(name string, values []string) filter {
	f := filter{name: name, values: values}
	kind := s.kind(name)
	for _, value := range values {
		if !kind.numeric() {
			f.keys = append(f.keys, Fold(value))
		}
		if within, ok := parseSpan(value, kind); ok && (kind == 0 || kind.numeric()) {
			f.spans = append(f.spans, within)
		}
	}
	return f
}

// passes says whether a product passes the filter.
func (f filter) passes(it *item) bool {
	for _, key := range it.keys[f.name] {
		if slices.Contains(f.keys, key) {
			return true
		}
	}
	for _, n := range it.Numbers[f.name] {
		if slices.ContainsFunc(f.spans, func(s span) bool { return s.holds(n) }) {
			return true
		}
	}
	return false
}

// parseSpan reads "a", "a..b", "a.." or "..b".
func parseSpan(s string, kind Kind) (span, bool) {
	low, high, isRange := strings.Cut(s, "..")
	if !isRange {
		return parseBound(s, kind)
	}
	all := span{math.Inf(-1), math.Inf(1)}
	from, to := all, all
	var okLow, okHigh bool
	if low != "" {
		from, okLow = parseBound(low, kind)
	}
	if high != "" {
		to, okHigh = parseBound(high, kind)
	}
	ok := (low == "" || okLow) && (high == "" || okHigh) && low+high != ""
	return span{from.from, to.to}, ok
}

func parseBound(s string, kind Kind) (span, bool) {
	if kind != Date {
		n, err := strconv.ParseFloat(s, 64)
		plain := strings.Trim(s, "0123456789.+-eE") == ""
		return span{n, n}, err == nil && plain && !math.IsInf(n, 0)
	}
	if day, err := time.Parse(time.DateOnly, s); err == nil {
		return span{float64(day.UnixMilli()), float64(day.AddDate(0, 0, 1).UnixMilli() - 1)}, true
	}
	at, err := time.Parse(time.RFC3339Nano, s)
	return span{float64(at.UnixMilli()), float64(at.UnixMilli())}, err == nil
}
