package facet

import (
	"cmp"
	"slices"

	"github.com/aisle-search/aisle/search/analysis"
	"github.com/aisle-search/aisle/search/filter"
	"github.com/aisle-search/aisle/search/schema"
)

// keywordValues adds up the spellings of each value and shows the one that
// occurs most.
func (p *Plan) keywordValues() []Value {
	dict := p.dict.Values()
	type group struct {
		count, best int
		spelling    string
	}
	groups := map[uint32]*group{}
	for id, n := range p.counts {
		if n == 0 || id == 0 {
			continue
		}
		g := groups[dict.Group[id]]
		if g == nil {
			g = &group{}
			groups[dict.Group[id]] = g
		}
		g.count += n
		if n > g.best || n == g.best && dict.Spelling[id] < g.spelling {
			g.best, g.spelling = n, dict.Spelling[id]
		}
	}
	out := make([]Value, 0, len(groups))
	for _, g := range groups {
		out = append(out, Value{Value: g.spelling, Count: g.count})
	}
	return out
}

// terms orders the values, cuts the list, and marks and keeps those selected.
func (p *Plan) terms(f *Result, values []Value, selected []string) {
	values = p.markSelected(values, selected)
	slices.SortFunc(values, func(a, b Value) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Value, b.Value))
	})
	for _, v := range values {
		if v.Count > 0 {
			f.Distinct++
		}
	}
	listed := 0
	for i, v := range values {
		if i < p.Size || v.Selected {
			f.Values = append(f.Values, v)
			if v.Count > 0 {
				listed++
			}
		}
	}
	f.More = f.Distinct > listed
}

// markSelected marks the values that the facet's own filter names, and adds those
// that no product has.
func (p *Plan) markSelected(values []Value, selected []string) []Value {
	for _, want := range selected {
		folded := analysis.Fold(want)
		number, isNumber := filter.ParseSpan(want, schema.Number)
		single := isNumber && number.From == number.To
		known := false
		for i := range values {
			if analysis.Fold(values[i].Value) == folded || single && p.isNumber(values[i].Value, number.From) {
				values[i].Selected, known = true, true
			}
		}
		if !known && (single || !isNumber) {
			values = append(values, Value{Value: want, Selected: true})
		}
	}
	return values
}
