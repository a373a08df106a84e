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

// values counts the products by value. Text and numbers of one name are values
// of their own.
func values(found []*item, name string) (words, numbers map[string]int) {
	words, numbers = map[string]int{}, map[string]int{}
	for _, it := range found {
		for _, key := range it.keys[name] {
			words[key]++
		}
		for _, n := range distinct(it.Numbers[name]) {
			numbers[strconv.FormatFloat(n, 'f', -1, 64)]++
		}
	}
	return words, numbers
}

func distinct(numbers []float64) []float64 {
	sorted := slices.Sorted(slices.Values(numbers))
	return slices.Compact(sorted)
}

func (s *Shop) checkTerms(q question, got facet, found []*item, differ func(string, ...any)) {
	words, numbers := values(found, got.Name)
	all := len(words) + len(numbers)
	if got.Distinct != all {
		differ("says %d distinct values, want %d", got.Distinct, all)
	}
	own, _ := q.own(got.Name)
	counted, free, least := 0, 0, -1
	for i, v := range got.Values {
		from, key := words, Fold(v.Value)
		if _, isWord := words[key]; !isWord && numbers[v.Value] > 0 {
			from, key = numbers, v.Value
		}
		if v.Count != from[key] {
			differ("%q has count %d, want %d", v.Value, v.Count, from[key])
		}
		if from[key] > 0 {
			counted++
			delete(from, key) // what is left is what is not listed
		}
		if want := s.selects(own, v.Value); v.Selected != want {
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
	for _, rest := range []map[string]int{words, numbers} {
		for key, n := range rest {
			if least >= 0 && n > least {
				differ("%q with count %d is not listed, but one with %d is", key, n, least)
			}
		}
	}
}

// selects says whether a filter names a value of a terms facet.
func (s *Shop) selects(f filter, value string) bool {
	return slices.ContainsFunc(f.values, func(want string) bool {
		if Fold(want) == Fold(value) {
			return true
		}
		a, okA := parseSpan(want, Number)
		b, okB := parseSpan(value, Number)
		return okA && okB && a == b && a.from == a.to
	})
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
