package search

import (
	"sort"

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
	e.total = e.view.Documents
	for i, s := range e.view.Segments {
		w, err := e.walk(i, s)
		if err != nil {
			return err
		}
		w.collectSorted(s.Columns.Order(&e.page.Sort))
	}
	return nil
}

// facetsOfAll are the facets over all products, counted once for each view.
func (e *execution) facetsOfAll() []Facet {
	out := make([]Facet, 0, len(e.facets))
	for _, p := range e.facets {
		out = append(out, e.view.FacetOfAll(p))
	}
	return out
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
			if !w.segment.IsDead(order[i-1]) {
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
		if !w.segment.IsDead(order[i]) {
			p.Offer(at(i))
			n++
		}
	}
}
