package facet

import (
	"math"

	"github.com/aisle-search/aisle/search/column"
	"github.com/aisle-search/aisle/search/schema"
)

// Plan counts one field.
type Plan struct {
	Name   string
	Kind   schema.Kind // 0 for attributes
	Size   int         // values it lists, or buckets
	Filter int         // index of the filter on the same field, -1 for none

	// Numbers are gathered, one for each product and value. The caller may lend an
	// empty list.
	Numbers []float64

	columns []column.Attribute // by segment
	counts  []int              // by value id
	several [][]float64        // those of products that have more than one, ascending; not ours
	both    map[float64]int    // products that have a number as a keyword, too
	keyword bool               // some product of the view has keywords
	dict    *column.Dictionary // of the keywords
}

// Max bounds the facets of one query.
const Max = 50

// New makes the plan of a facet that lists so many values; filter is the
// index of the filter on the same field, -1 for none.
func New(name string, kind schema.Kind, size, filter int) *Plan {
	return &Plan{Name: name, Kind: kind, Size: size, Filter: filter}
}

// Bind takes the facet's columns, by segment, and the dictionary of its keywords.
func (p *Plan) Bind(columns []column.Attribute, dict *column.Dictionary) {
	p.columns, p.dict = columns, dict
	for i := range p.columns {
		p.keyword = p.keyword || p.columns[i].Keywords != nil
	}
	if p.keyword {
		p.counts = make([]int, len(dict.Values().Group))
	}
}

// Count counts the values of products of one segment.
func (p *Plan) Count(segment int, docs []uint32) {
	c := &p.columns[segment]
	if c.Keywords != nil {
		p.countKeywords(c.Keywords, docs)
	}
	if c.Numbers != nil {
		p.countNumbers(c, docs)
	}
}

func (p *Plan) countKeywords(k *column.Keywords, docs []uint32) {
	counts := p.counts
	switch {
	case k.Multi == nil && k.Small != nil: // loops of their own, as in package filter
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

func (p *Plan) countNumbers(c *column.Attribute, docs []uint32) {
	if c.Keywords == nil && c.Numbers.Multi == nil {
		p.Numbers = c.Numbers.AppendTo(p.Numbers, docs)
		return
	}
	for _, doc := range docs {
		n := c.Numbers.At(doc)
		if math.IsNaN(n) {
			continue
		}
		if many := c.Numbers.Multi[doc]; many != nil {
			p.Numbers = append(p.Numbers, many...)
			p.several = append(p.several, many)
		} else {
			p.Numbers = append(p.Numbers, n)
		}
		if c.Keywords != nil {
			p.countBoth(c, doc)
		}
	}
}

// Result makes the facet from its counts. selected are the values of the filter on
// the same field.
func (p *Plan) Result(selected []string) Result {
	f := Result{Name: p.Name, FieldKind: p.Kind}
	if !p.keyword && p.Kind.Numeric() {
		p.ranges(&f)
		return f
	}
	values := p.numberValues()
	if !p.keyword && len(values) > p.Size {
		f.FieldKind = schema.Number
		p.ranges(&f)
		return f
	}
	f.Kind = "terms"
	if p.keyword {
		values = p.merge(values, p.keywordValues())
	}
	p.terms(&f, values, selected)
	return f
}
