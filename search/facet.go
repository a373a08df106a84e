package search

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/aisle-search/aisle/search/analysis"
	"github.com/aisle-search/aisle/search/column"
	"github.com/aisle-search/aisle/search/filter"
	"github.com/aisle-search/aisle/search/schema"
)

// facetPlan counts one field.
type facetPlan struct {
	name   string
	kind   Kind // 0 for attributes
	size   int
	filter int // index of the filter on the same field, -1 for none

	columns []column.Attribute // by segment
	counts  []int              // by value id
	numbers []float64          // gathered, one for each product and value
	several [][]float64        // those of products that have more than one, ascending; not ours
	both    map[float64]int    // products that have a number as a keyword, too
	keyword bool               // some product of the view has keywords
	dict    *column.Dictionary // of the keywords
}

// facetAuto asks for the facets that describe the result best.
const facetAuto = "auto"

// maxFacets bounds the facets of one query.
const maxFacets = 50

func planFacets(c *schema.Compiled, names []string, size int, filters []filter.Plan) ([]*facetPlan, bool, error) {
	if len(names) > maxFacets {
		return nil, false, &InvalidError{Field: "facets", Reason: fmt.Sprintf("names %d facets, at most %d", len(names), maxFacets)}
	}
	var plans []*facetPlan
	auto := false
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			continue
		}
		if name == facetAuto {
			auto = true
			continue
		}
		f := c.ByName[name]
		if (f == nil || !f.Facet) && !schema.IsAttribute(name) {
			return nil, false, &InvalidError{Field: "facets", Reason: fmt.Sprintf("%.64q cannot be faceted", name)}
		}
		plans = append(plans, newFacetPlan(c, name, size, filters))
	}
	return plans, auto, nil
}

func newFacetPlan(c *schema.Compiled, name string, size int, filters []filter.Plan) *facetPlan {
	kind, _ := c.KindOf(name)
	at := slices.IndexFunc(filters, func(f filter.Plan) bool { return f.Field == name })
	return &facetPlan{name: name, kind: kind, size: size, filter: at}
}

// bind resolves the facet's columns in a view.
func (p *facetPlan) bind(v *View) error {
	var err error
	if p.columns, err = v.columnsOf(p.name, p.kind); err != nil {
		return err
	}
	for i := range p.columns {
		p.keyword = p.keyword || p.columns[i].Keywords != nil
	}
	p.dict = v.index.dicts.Get(p.name)
	if p.keyword {
		p.counts = make([]int, len(p.dict.Values().Group))
	}
	return nil
}

// count counts the values of products of one segment.
func (p *facetPlan) count(segment int, docs []uint32) {
	c := &p.columns[segment]
	if c.Keywords != nil {
		p.countKeywords(c.Keywords, docs)
	}
	if c.Numbers != nil {
		p.countNumbers(c, docs)
	}
}

func (p *facetPlan) countKeywords(k *column.Keywords, docs []uint32) {
	counts := p.counts
	switch {
	case k.Multi == nil && k.Small != nil: // loops of their own, see judge
		for _, doc := range docs {
			counts[k.Small[doc]]++ // 0 is no value, and counted there for nothing
		}
	case k.Multi == nil:
		for _, doc := range docs {
			counts[k.Large[doc]]++
		}
	default:
		for _, doc := range docs {
			if id := k.At(doc); id != 0 {
				counts[id]++
				continue
			}
			for _, id := range k.Multi[doc] {
				counts[id]++
			}
		}
	}
}

func (p *facetPlan) countNumbers(c *column.Attribute, docs []uint32) {
	if c.Keywords == nil && c.Numbers.Multi == nil {
		p.numbers = c.Numbers.AppendTo(p.numbers, docs)
		return
	}
	for _, doc := range docs {
		n := c.Numbers.At(doc)
		if math.IsNaN(n) {
			continue
		}
		if many := c.Numbers.Multi[doc]; many != nil {
			p.numbers = append(p.numbers, many...)
			p.several = append(p.several, many)
		} else {
			p.numbers = append(p.numbers, n)
		}
		if c.Keywords != nil {
			p.countBoth(c, doc)
		}
	}
}

// result makes the facet from its counts.
func (p *facetPlan) result(v *View, filters []filter.Plan) Facet {
	f := Facet{Name: p.name, FieldKind: p.kind}
	if !p.keyword && (p.kind == Money || p.kind == Date || p.kind == Number) {
		p.ranges(&f)
		return f
	}
	values := p.numberValues()
	if !p.keyword && len(values) > p.size {
		f.FieldKind = Number
		p.ranges(&f)
		return f
	}
	f.Kind = "terms"
	if p.keyword {
		values = p.merge(values, p.keywordValues(v))
	}
	p.terms(&f, values, filters)
	return f
}

// keywordValues adds up the spellings of each value and shows the one that
// occurs most.
func (p *facetPlan) keywordValues(v *View) []FacetValue {
	dict := v.index.dicts.Get(p.name).Values()
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
	out := make([]FacetValue, 0, len(groups))
	for _, g := range groups {
		out = append(out, FacetValue{Value: g.spelling, Count: g.count})
	}
	return out
}

// terms orders the values, cuts the list, and marks and keeps those selected.
func (p *facetPlan) terms(f *Facet, values []FacetValue, filters []filter.Plan) {
	values = p.markSelected(values, filters)
	slices.SortFunc(values, func(a, b FacetValue) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Value, b.Value))
	})
	for _, v := range values {
		if v.Count > 0 {
			f.Distinct++
		}
	}
	listed := 0
	for i, v := range values {
		if i < p.size || v.Selected {
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
func (p *facetPlan) markSelected(values []FacetValue, filters []filter.Plan) []FacetValue {
	if p.filter < 0 {
		return values
	}
	for _, want := range filters[p.filter].Values {
		folded := analysis.Fold(want)
		number, isNumber := filter.ParseSpan(want, Number)
		single := isNumber && number.From == number.To
		known := false
		for i := range values {
			if analysis.Fold(values[i].Value) == folded || single && p.isNumber(values[i].Value, number.From) {
				values[i].Selected, known = true, true
			}
		}
		if !known && (single || !isNumber) {
			values = append(values, FacetValue{Value: want, Selected: true})
		}
	}
	return values
}

// ranges makes buckets and counts products in them.
func (p *facetPlan) ranges(f *Facet) {
	p.bucketValues(f)
	countOnce(f.Buckets, p.several)
}

// bucketValues makes at most p.size buckets of equal width; where more than half of the
// numbers would lie in one, the last bucket takes the largest tenth instead and
// the others share the rest. Where all numbers are whole (and exact), so are the bounds; else
// a bucket is bounded by the numbers that lie in it, and empty ones are left out.
// Either way both ends are included.
func (p *facetPlan) bucketValues(f *Facet) {
	f.Kind = "range"
	if len(p.numbers) == 0 {
		return
	}
	whole := true
	f.Min, f.Max = p.numbers[0], p.numbers[0]
	for _, n := range p.numbers {
		f.Min, f.Max = min(f.Min, n), max(f.Max, n)
		whole = whole && n == math.Trunc(n) && math.Abs(n) <= column.MaxExact
	}
	division := newDivision(f.Min, f.Max, p.size, whole)
	counted := division.count(p.numbers)
	f.Buckets = division.buckets(counted, whole)
	fullest := 0
	for _, b := range f.Buckets {
		fullest = max(fullest, b.Count)
	}
	if p.size < 3 || 2*fullest <= len(p.numbers) || len(f.Buckets) < 3 {
		return
	}
	most, n, last := division.tail(p.numbers, counted)
	if n == 0 {
		return
	}
	division = newDivision(f.Min, last, p.size-1, whole)
	division.below = most
	f.Buckets = division.buckets(division.count(p.numbers), whole)
	tail := FacetBucket{From: most, To: f.Max, Count: len(p.numbers) - n}
	if whole { // no gap before the tail
		f.Buckets[len(f.Buckets)-1].To = most - 1
	}
	f.Buckets = append(f.Buckets, tail)
}
