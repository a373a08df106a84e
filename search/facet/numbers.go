package facet

import (
	"slices"
	"sort"
	"strconv"

	"github.com/aisle-search/aisle/search/analysis"
	"github.com/aisle-search/aisle/search/column"
)

// spellNumber is a number as a facet lists it. Folding changes nothing of it.
func spellNumber(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }

// numberValues counts each number as a value of its own.
func (p *Plan) numberValues() []Value {
	slices.Sort(p.Numbers)
	var out []Value
	for i := 0; i < len(p.Numbers); {
		j := i
		for j < len(p.Numbers) && p.Numbers[j] == p.Numbers[i] {
			j++
		}
		out = append(out, Value{Value: spellNumber(p.Numbers[i]), Count: j - i})
		i = j
	}
	return out
}

// isNumber says whether a listed value stands for a number, and not only for text
// that reads like one.
func (p *Plan) isNumber(value string, n float64) bool {
	if p.Kind != 0 && !p.Kind.Numeric() {
		return false
	}
	_, among := slices.BinarySearch(p.Numbers, n)
	return among && spellNumber(n) == analysis.Fold(value)
}

// countBoth notes the numbers of a product that it has as keywords, too: of an
// attribute that holds 1 and "1" both are one value, and the product counts once.
func (p *Plan) countBoth(c *column.Attribute, doc uint32) {
	ids := c.Keywords.Multi[doc]
	if id := c.Keywords.At(doc); id != 0 {
		ids = []uint32{id}
	}
	if len(ids) == 0 {
		return
	}
	numbers := c.Numbers.Multi[doc]
	if numbers == nil {
		numbers = []float64{c.Numbers.At(doc)}
	}
	groups := p.dict.Values().Group
	for _, n := range numbers {
		group := p.dict.Lookup(spellNumber(n))
		if group != 0 && slices.ContainsFunc(ids, func(id uint32) bool { return groups[id] == group }) {
			if p.both == nil {
				p.both = map[float64]int{}
			}
			p.both[n]++
		}
	}
}

// merge joins the numbers and the keywords of one facet. A filter does not tell
// the number 1 from the text "1", so neither does the list.
func (p *Plan) merge(numbers, keywords []Value) []Value {
	if len(numbers) == 0 {
		return keywords
	}
	place := make(map[string]int, len(keywords))
	for i, k := range keywords {
		place[analysis.Fold(k.Value)] = i
	}
	for _, n := range numbers {
		i, same := place[n.Value]
		if !same {
			keywords = append(keywords, n)
			continue
		}
		number, _ := strconv.ParseFloat(n.Value, 64) // spellNumber wrote it
		keywords[i].Count += n.Count - p.both[number]
	}
	return keywords
}

// countOnce turns counts of values into counts of products: one with several
// numbers in a bucket counts there once. Invariant: the buckets ascend and each
// number lies in one.
func countOnce(buckets []Bucket, several [][]float64) {
	for _, numbers := range several {
		last := -1
		for _, n := range numbers {
			i := sort.Search(len(buckets), func(i int) bool { return buckets[i].To >= n })
			if i == last && i < len(buckets) {
				buckets[i].Count--
			}
			last = i
		}
	}
}
