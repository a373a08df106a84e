package audit

import (
	"fmt"
	"slices"
	"strconv"
)

// checkFacet compares a facet with what the products say. found are those that
// pass all filters but the facet's own.
func (s *Shop) checkFacet(q question, got facet, found []*item) (wrong []string) {
	differ := func(format string, args ...any) {
		wrong = append(wrong, fmt.Sprintf("facet %s: ", got.Name)+fmt.Sprintf(format, args...))
	}
	switch got.Kind {
	case "terms":
		s.checkTerms(q, got, found, differ)
	case "range":
		checkRanges(q, got, found, differ)
	default:
		differ("kind is %q", got.Kind)
	}
	return wrong
}

// values counts the products by value. A filter does not tell the number 1 from
// the text "1", so neither do the counts.
func values(found []*item, name string) map[string]int {
	counts := map[string]int{}
	for _, it := range found {
		mine := map[string]bool{}
		for _, key := range it.keys[name] {
			mine[key] = true
		}
		for _, n := range it.Numbers[name] {
			mine[spell(n)] = true
		}
		for key := range mine {
			counts[key]++
		}
	}
	return counts
}

func spell(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }

func distinct(numbers []float64) []float64 {
	sorted := slices.Sorted(slices.Values(numbers))
	return slices.Compact(sorted)
}

func (s *Shop) checkTerms(q question, got facet, found []*item, differ func(string, ...any)) {
	counts := values(found, got.Name)
	all := len(counts)
	if got.Distinct != all {
		differ("says %d distinct values, want %d", got.Distinct, all)
	}
	own, _ := q.own(got.Name)
	counted, free, least := 0, 0, -1
	for i, v := range got.Values {
		key := Fold(v.Value)
		if v.Count != counts[key] {
			differ("%q has count %d, want %d", v.Value, v.Count, counts[key])
		}
		if counts[key] > 0 {
			counted++
			delete(counts, key) // what is left is what is not listed
		}
		if want := s.selects(own, v.Value, found); v.Selected != want {
			differ("%q is selected: %t, want %t", v.Value, v.Selected, want)
		}
		if !v.Selected {
			free++
			least = v.Count
		}
		if i > 0 && (got.Values[i-1].Count < v.Count || got.Values[i-1].Count == v.Count && got.Values[i-1].Value >= v.Value) {
			differ("%q comes before %q", got.Values[i-1].Value, v.Value)
		}
	}
	if got.More != (counted < all) {
		differ("lists %d of %d values and says more: %t", counted, all, got.More)
	}
	if free > q.facetSize || counted < min(all, q.facetSize) {
		differ("lists %d values, %d of them not selected, want %d", counted, free, min(all, q.facetSize))
	}
	for key, n := range counts {
		if least >= 0 && n > least {
			differ("%q with count %d is not listed, but one with %d is", key, n, least)
		}
	}
}

// selects says whether a filter names a listed value: by its spelling, or by the
// number that it stands for.
func (s *Shop) selects(f filter, value string, found []*item) bool {
	if slices.Contains(f.keys, Fold(value)) {
		return true
	}
	for _, within := range f.spans {
		means := func(n float64) bool { return n == within.from && spell(n) == Fold(value) }
		isHeld := func(it *item) bool { return slices.ContainsFunc(it.Numbers[f.name], means) }
		if within.from == within.to && slices.ContainsFunc(found, isHeld) {
			return true
		}
	}
	return false
}

func checkRanges(q question, got facet, found []*item, differ func(string, ...any)) {
	var all []float64
	for _, it := range found {
		all = append(all, distinct(it.Numbers[got.Name])...)
	}
	if len(all) == 0 {
		if len(got.Buckets) > 0 || got.Min.text+got.Max.text != "" {
			differ("has buckets or bounds though no product has a value")
		}
		return
	}
	if low, high := slices.Min(all), slices.Max(all); got.Min.number != low || got.Max.number != high {
		differ("goes from %v to %v, want %v to %v", got.Min.number, got.Max.number, low, high)
	}
	if len(got.Buckets) > q.facetSize {
		differ("has %d buckets, want %d at most", len(got.Buckets), q.facetSize)
	}
	covered := 0
	for i, b := range got.Buckets {
		if i > 0 && b.From.number <= got.Buckets[i-1].To.number {
			differ("bucket from %s overlaps the one before", b.From.text)
		}
		if want := countWithin(found, got.Name, span{b.From.number, b.To.number}); b.Count != want {
			differ("bucket %s..%s has count %d, want %d", b.From.text, b.To.text, b.Count, want)
		}
		for _, n := range all {
			if (span{b.From.number, b.To.number}).holds(n) {
				covered++
			}
		}
	}
	if covered != len(all) {
		differ("%d of %d values lie in a bucket", covered, len(all))
	}
}

// countWithin counts products, not values.
func countWithin(found []*item, name string, within span) (n int) {
	for _, it := range found {
		if slices.ContainsFunc(it.Numbers[name], within.holds) {
			n++
		}
	}
	return n
}
