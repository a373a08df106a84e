package collector

import (
	"sort"

	"github.com/aisle-search/aisle/search/facet"
	"github.com/aisle-search/aisle/search/rank"
)

// browses tells whether the query asks for everything by a sort key. Then a page
// is read from the segments' sorted orders, and its cost does not depend on how
// deep it lies or on how many products there are.
func (e *Search) browses() bool {
	return e.Text == nil && len(e.Filters) == 0 && !e.InStock && e.Auto == nil &&
		e.Page.Sort.Field != "" && !e.Page.Sort.AvailableFirst
}

// browse collects the page and the facets without visiting all products.
func (e *Search) browse() error {
	e.Total = e.View.Documents
	for i, s := range e.View.Segments {
		w, err := e.walk(i, s)
		if err != nil {
			return err
		}
		w.collectSorted(s.Columns.Order(&e.Page.Sort))
	}
	return nil
}

// facetsOfAll are the facets over all products, counted once for each view.
func (e *Search) facetsOfAll() []facet.Result {
	out := make([]facet.Result, 0, len(e.Facets))
	for _, p := range e.Facets {
		out = append(out, e.View.FacetOfAll(p))
	}
	return out
}

// collectSorted offers the segment's first products beyond the cursor, as many as
// the page holds.
func (w *walker) collectSorted(order []uint32) {
	p := &w.Page
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
