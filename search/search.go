package search

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aisle-search/aisle/search/collector"
	"github.com/aisle-search/aisle/search/facet"
	"github.com/aisle-search/aisle/search/snapshot"
)

// Schema is the schema of the serving generation.
func (s *Store) Schema() Schema {
	if x, ok := s.Serving(); ok {
		return x.Schema()
	}
	return Schema{}
}

// Profiles names the ranking profiles, in order.
func (s *Store) Profiles() []string {
	names := make([]string, 0, len(s.profiles))
	for n := range s.profiles {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

// Product is one product of the serving generation, or ErrNotFound.
func (s *Store) Product(ctx context.Context, id string) (*Record, error) {
	for {
		x, ok := s.Serving()
		if !ok {
			return nil, ErrNotReady
		}
		r, err := x.Product(ctx, id)
		if !errors.Is(err, ErrClosed) || ctx.Err() != nil {
			return r, err
		}
	}
}

// Version is the view that a search would be answered from now: the generation, and
// a number that grows with each change of its products or signals. Zero when nothing
// serves.
func (s *Store) Version() (generation, view uint64) {
	x, ok := s.Serving()
	if !ok {
		return 0, 0
	}
	v, err := x.acquire()
	if err != nil {
		return 0, 0
	}
	defer v.Release()
	return x.Generation(), v.Sequence
}

// SearchIn answers a query without a cursor from a generation that need not serve,
// as Search does.
func (s *Store) SearchIn(ctx context.Context, x *Index, q Query) (*Page, error) {
	if q.Cursor != "" {
		return nil, ErrInvalidCursor
	}
	return s.search(ctx, q, x)
}

// Search answers a query from one view. Its errors are *InvalidError,
// ErrInvalidCursor, ErrCursorMismatch, ErrCursorExpired, ErrNotReady, the
// context's, or an unexpected one.
func (s *Store) Search(ctx context.Context, q Query) (*Page, error) { return s.search(ctx, q, nil) }

// search answers from a generation, or from the serving one where that is nil.
func (s *Store) search(ctx context.Context, q Query, x *Index) (*Page, error) {
	start := s.options.Now()
	if err := q.validate(); err != nil {
		return nil, err
	}
	q.normalise()
	var c *continuation
	if q.Cursor != "" {
		var err error
		if c, err = s.openCursor(&q); err != nil {
			return nil, err
		}
	} else {
		q.Filters = normalFilters(append(q.Filters, q.Forced...))
	}
	if q.Limit == 0 {
		q.Limit = defaultLimit
	}
	if q.FacetSize == 0 {
		q.FacetSize = defaultFacetSize
	}
	// More searches at once than cores would only make each other slower.
	select {
	case s.slots <- struct{}{}:
		s.begun.Add(1)
		defer func() { <-s.slots }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	view, pinned, err := s.viewFor(c, x)
	if err != nil {
		return nil, err
	}
	defer view.Release()
	sc := s.scratch.Get()
	defer s.scratch.Put(sc)
	e, err := s.plan(view, &q, c, start, sc)
	if err != nil {
		return nil, err
	}
	if e.Text != nil {
		defer e.Text.Close()
	}
	if err := e.Run(ctx); err != nil {
		return nil, err
	}
	p, err := s.finish(ctx, e, c, pinned)
	if err != nil {
		return nil, err
	}
	p.Took = s.options.Now().Sub(start)
	return p, nil
}

// execution is a query on its way to a page.
type execution struct {
	collector.Search
	query *Query
}

// viewFor gives the view that a cursor began on, or the current one. pinned
// tells which.
func (s *Store) viewFor(c *continuation, x *Index) (v *snapshot.View, pinned bool, err error) {
	if x != nil {
		v, err = x.acquire()
		return v, false, err
	}
	if c != nil && c.Boot == s.boot {
		if v, ok := s.pins.Get(c.Gen, c.View); ok {
			return v, true, nil
		}
	}
	for {
		x, ok := s.Serving()
		if !ok {
			return nil, false, ErrNotReady
		}
		v, err := x.acquire()
		if errors.Is(err, ErrClosed) { // swapped between the two calls
			if now, ok := s.Serving(); ok && now == x {
				return nil, false, err
			}
			continue
		}
		return v, false, err
	}
}

// finish turns the collected candidates into a page.
func (s *Store) finish(ctx context.Context, e *execution, c *continuation, pinned bool) (*Page, error) {
	q := e.query
	p := &Page{Total: e.Total, Generation: e.View.Generation.Number, View: e.View.Sequence, Positions: e.View.Positions(), Pinned: pinned, Note: e.View.Note,
		Query: QueryInfo{Text: q.Text, Relaxed: e.relaxed()}}
	if c != nil {
		p.Paging = PagingKeyset
		if pinned && !c.Moved {
			p.Paging = PagingSnapshot
		}
	}
	found := e.Page.Sorted()
	more := len(found) > q.Limit
	found = found[:min(len(found), q.Limit)]
	if e.Page.Backward {
		slices.Reverse(found)
	}
	if err := e.fill(p, found, &s.displays); err != nil {
		return nil, err
	}
	p.Facets = e.Results()
	if e.Auto != nil {
		if err := e.addAutoFacets(ctx, p); err != nil {
			return nil, err
		}
	}
	return p, s.addCursors(e, c, p, found, more)
}

// relaxed names the steps by which matching was loosened.
func (e *execution) relaxed() []string {
	if e.Text == nil || e.Text.Match >= e.Text.Plan.Required {
		return nil
	}
	return []string{fmt.Sprintf("words:%d/%d", e.Text.Match, e.Text.Plan.Required)}
}

// addAutoFacets adds the facets that describe the result best, of the attributes that
// most of its products have.
func (e *execution) addAutoFacets(ctx context.Context, p *Page) error {
	var plans []*facet.Plan
	for _, name := range e.Auto.Candidates() {
		if !slices.Contains(e.query.Facets, name) {
			plans = append(plans, planFacet(e.View.Generation.Schema, name, e.query.FacetSize, e.Filters))
		}
	}
	facets, err := e.Describing(ctx, plans)
	p.Facets = append(p.Facets, facets...)
	return err
}
