package search

import (
	"cmp"
	"slices"
	"sort"
	"strings"

	"github.com/aisle-search/aisle/search/column"
	"github.com/aisle-search/aisle/search/facet"
	"github.com/aisle-search/aisle/search/rank"
)

// browses tells whether the query asks for everything by a sort key. Then a page
// is read from the segments' sorted orders, and its cost does not depend on how
// deep it lies or on how many products there are.
func (e *execution) browses() bool {
	return e.text == nil && len(e.filters) == 0 && !e.query.InStock && e.auto == nil &&
		e.page.Sort.Field != "" && !e.page.Sort.AvailableFirst
}

// browse collects the page and the facets without visiting all products.
func (e *execution) browse() error {
	e.total = e.view.documents
	for i, s := range e.view.segments {
		w, err := e.walk(i, s)
		if err != nil {
			return err
		}
		w.collectSorted(s.cols.order(&e.page.Sort))
	}
	return nil
}

// facetsOfAll are the facets over all products, counted once for each view.
func (e *execution) facetsOfAll() []Facet {
	out := make([]Facet, 0, len(e.facets))
	for _, p := range e.facets {
		key := facetKey{p.Name, p.Size}
		f, ok := e.view.facets.Load(key)
		if !ok {
			for i, s := range e.view.segments {
				p.Add(s.totalsOf(p, i))
			}
			f = p.Result(nil)
			if e.view.facetsKept.Add(1) <= maxFacetsKept {
				e.view.facets.Store(key, f)
			}
		}
		out = append(out, f.(Facet))
	}
	return out
}

// maxFacetsKept bounds the facets that a view keeps.
const maxFacetsKept = 256

type facetKey struct {
	name string
	size int
}

// collectSorted offers the segment's first products beyond the cursor, as many as
// the page holds.
func (w *walker) collectSorted(order []uint32) {
	p := &w.page
	at := func(i int) rank.Candidate {
		return rank.Candidate{Key: w.key(order[i], 1, 0), Segment: w.number, Doc: order[i], Text: 1}
	}
	if p.Backward {
		i := len(order)
		if p.After != nil {
			i = sort.Search(len(order), func(i int) bool { c := at(i); return !p.Past(&c) })
		}
		for n := 0; n < p.Limit && i > 0; i-- {
			if !w.segment.isDead(order[i-1]) {
				p.Offer(at(i - 1))
				n++
			}
		}
		return
	}
	i := 0
	if p.After != nil {
		i = sort.Search(len(order), func(i int) bool { c := at(i); return p.Past(&c) })
	}
	for n := 0; n < p.Limit && i < len(order); i++ {
		if !w.segment.isDead(order[i]) {
			p.Offer(at(i))
			n++
		}
	}
}

// order is all documents of the segment, deleted ones too, sorted by a plan and
// then by id. It is made when first asked for.
func (c *segmentColumns) order(p *rank.Sort) []uint32 {
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

func (c *segmentColumns) compareNumbers(n *column.Numbers, desc bool) func(a, b uint32) int {
	if n == nil {
		return func(uint32, uint32) int { return 0 }
	}
	plan := &rank.Sort{Descending: desc}
	return func(a, b uint32) int {
		ka, kb := rank.NumberKey(n.Extreme(a, desc)), rank.NumberKey(n.Extreme(b, desc))
		return plan.Compare(&ka, &kb)
	}
}

func (c *segmentColumns) compareTexts(s *column.Sorts, desc bool) func(a, b uint32) int {
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

// warm makes what other segments were asked for, so that no search has to.
func (c *segmentColumns) warm(asked map[string]rank.Sort) {
	for _, p := range asked {
		c.order(&p)
	}
}

// asked are the orders that were made for the segment.
func (c *segmentColumns) asked(into map[string]rank.Sort) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for name := range c.orders {
		field, desc := strings.CutPrefix(name, "-")
		_, text := c.Sorts[field]
		into[name] = rank.Sort{Field: field, Descending: desc, ByText: text}
	}
}

// totalsOf counts a facet over the segment once for as long as nothing more of it
// is deleted.
func (s *segmentView) totalsOf(p *facet.Plan, i int) *facet.Totals {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.facets[p.Name]; t != nil {
		return t
	}
	live := make([]uint32, 0, s.live)
	for doc := range uint32(s.cols.Documents) {
		if !s.isDead(doc) {
			live = append(live, doc)
		}
	}
	t := p.Totals(i, live)
	if s.facets == nil {
		s.facets = map[string]*facet.Totals{}
	}
	if len(s.facets) < maxAttributeColumns {
		s.facets[p.Name] = t
	}
	return t
}
