package audit

import (
	"cmp"
	"slices"
	"strings"
)

// maxSortKey is how much of a text orders, in bytes.
const maxSortKey = 256

// ordered sorts products by a sort parameter other than relevance: those without
// a value last either way, ties by id.
func (s *Shop) ordered(found []*item, sort string) []*item {
	name, descending := strings.CutPrefix(sort, "-")
	byValue := func(a, b *item) int { return compareBy(a, b, textsOf, name, false, descending) }
	if s.kind(name).numeric() {
		// Of several numbers the one counts that comes first in the order.
		byValue = func(a, b *item) int { return compareBy(a, b, numbersOf, name, descending, descending) }
	}
	found = slices.Clone(found)
	slices.SortFunc(found, func(a, b *item) int { return cmp.Or(byValue(a, b), cmp.Compare(a.ID, b.ID)) })
	return found
}

func numbersOf(it *item, name string) []float64 { return it.Numbers[name] }

func textsOf(it *item, name string) []string { return it.sorts[name] }

// sortKeys are the folded texts of a product by field, or its keywords where a
// field has no text.
func sortKeys(p *Product) map[string][]string {
	keys := map[string][]string{}
	for _, from := range []map[string][]string{p.Texts, p.Keywords} {
		for name, values := range from {
			if len(keys[name]) > 0 || strings.HasPrefix(name, attributePrefix) {
				continue
			}
			for _, v := range values {
				if key := cut(Fold(v), maxSortKey); key != "" {
					keys[name] = append(keys[name], key)
				}
			}
		}
	}
	return keys
}

func compareBy[T cmp.Ordered](a, b *item, of func(*item, string) []T, name string, greatest, descending bool) int {
	va, vb := of(a, name), of(b, name)
	switch {
	case len(va) == 0 && len(vb) == 0:
		return 0
	case len(va) == 0:
		return 1
	case len(vb) == 0:
		return -1
	}
	pick := slices.Min[[]T]
	if greatest {
		pick = slices.Max[[]T]
	}
	if descending {
		return cmp.Compare(pick(vb), pick(va))
	}
	return cmp.Compare(pick(va), pick(vb))
}
