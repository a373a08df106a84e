package snapshot

import (
	"cmp"
	"slices"
	"strings"

	"github.com/aisle-search/aisle/search/column"
	"github.com/aisle-search/aisle/search/rank"
)

// Order is all documents of the segment, deleted ones too, sorted by a plan and
// then by id. It is made when first asked for.
func (c *Columns) Order(p *rank.Sort) []uint32 {
	name := p.Field
	if p.Descending {
		name = "-" + name
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if o, ok := c.orders[name]; ok {
		return o
	}
	o := make([]uint32, c.Documents)
	for i := range o {
		o[i] = uint32(i)
	}
	compare := c.compareNumbers(c.Numbers[p.Field], p.Descending)
	if p.ByText {
		compare = c.compareTexts(c.Sorts[p.Field], p.Descending)
	}
	slices.SortFunc(o, func(a, b uint32) int { return cmp.Or(compare(a, b), c.IDs.Compare(a, b)) })
	c.orders[name] = o
	return o
}

func (c *Columns) compareNumbers(n *column.Numbers, desc bool) func(a, b uint32) int {
	if n == nil {
		return func(uint32, uint32) int { return 0 }
	}
	plan := &rank.Sort{Descending: desc}
	return func(a, b uint32) int {
		ka, kb := rank.NumberKey(n.Extreme(a, desc)), rank.NumberKey(n.Extreme(b, desc))
		return plan.Compare(&ka, &kb)
	}
}

func (c *Columns) compareTexts(s *column.Sorts, desc bool) func(a, b uint32) int {
	if s == nil {
		return func(uint32, uint32) int { return 0 }
	}
	return func(a, b uint32) int {
		ra, rb := s.Rank[a], s.Rank[b]
		switch {
		case ra == rb:
			return 0
		case ra == 0 || rb == 0:
			return rank.First(rb == 0)
		case desc:
			return cmp.Compare(rb, ra)
		}
		return cmp.Compare(ra, rb)
	}
}

// Warm makes the sorted orders that other segments were asked for, so that no search has to.
func (c *Columns) Warm(asked map[string]rank.Sort) {
	for _, p := range asked {
		c.Order(&p)
	}
}

// Asked adds the orders that were made for the segment.
func (c *Columns) Asked(into map[string]rank.Sort) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for name := range c.orders {
		field, desc := strings.CutPrefix(name, "-")
		_, text := c.Sorts[field]
		into[name] = rank.Sort{Field: field, Descending: desc, ByText: text}
	}
}
