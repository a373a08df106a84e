package reference

import (
	"cmp"
	"slices"
)

// Count is one value of a terms facet.
type Count struct {
	Key      string // folded: what spellings of the value have in common
	Value    string // the commonest spelling in the index, then the smallest
	Count    int    // products, not occurrences
	Selected bool
}

// Terms counts the values of a keyword field over the products that match
// without the field's own filters: all of them, by count, then value.
func (x *Index) Terms(q Query, field string) []Count {
	byKey := map[string]int{}
	for _, id := range x.matching(q, field) {
		seen := map[string]bool{}
		for _, value := range x.products[id].keywords(field) {
			key := x.key(value)
			if !seen[key] {
				seen[key] = true
				byKey[key]++
			}
		}
	}
	var counts []Count
	for key, n := range byKey {
		counts = append(counts, Count{Key: key, Value: x.spelling(field, key), Count: n, Selected: x.selected(q, field, key)})
	}
	slices.SortFunc(counts, func(a, b Count) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Value, b.Value))
	})
	return counts
}

func (x *Index) selected(q Query, field, key string) bool {
	for _, f := range q.Filters {
		if f.Field != field {
			continue
		}
		for _, value := range f.Values {
			if x.key(value) == key {
				return true
			}
		}
	}
	return false
}

// spelling returns the spelling of a folded value that most products have.
func (x *Index) spelling(field, key string) string {
	products := map[string]int{}
	for _, p := range x.products {
		mine := map[string]bool{}
		for _, value := range p.keywords(field) {
			if x.key(value) == key {
				mine[value] = true
			}
		}
		for value := range mine {
			products[value]++
		}
	}
	best := ""
	for value, n := range products {
		if best == "" || n > products[best] || n == products[best] && value < best {
			best = value
		}
	}
	return best
}

// Numbers counts the products that have each number of a field, over those that
// match without the field's own filters.
func (x *Index) Numbers(q Query, field string) map[float64]int {
	counts := map[float64]int{}
	for _, id := range x.matching(q, field) {
		seen := map[float64]bool{}
		for _, value := range x.products[id].numbers(field) {
			if !seen[value] {
				seen[value] = true
				counts[value]++
			}
		}
	}
	return counts
}

// Between counts the products with a number of the field in the range, over
// those that match without the field's own filters.
func (x *Index) Between(q Query, field string, r Range) int {
	n := 0
	for _, id := range x.matching(q, field) {
		if x.passesOne(x.products[id], Filter{Field: field, Ranges: []Range{r}}) {
			n++
		}
	}
	return n
}

// Bounds returns the least and greatest number of a field, over the products
// that match without the field's own filters; false when none has one.
func (x *Index) Bounds(q Query, field string) (Range, bool) {
	var all []float64
	for value := range x.Numbers(q, field) {
		all = append(all, value)
	}
	if len(all) == 0 {
		return Range{}, false
	}
	return Range{From: slices.Min(all), To: slices.Max(all)}, true
}
