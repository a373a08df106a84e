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
}

// span is a range of numbers, both ends included.
type span struct{ from, to float64 }

// passes says whether a product passes the filter.
func (s *Shop) passes(it *item, f filter) bool {
	kind := s.kind(f.name)
	for _, value := range f.values {
		if !kind.numeric() && slices.Contains(it.keys[f.name], Fold(value)) {
			return true
		}
		if kind != 0 && !kind.numeric() {
			continue
		}
		within, ok := parseSpan(value, kind)
		for _, n := range it.Numbers[f.name] {
			if ok && within.from <= n && n <= within.to {
				return true
			}
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
