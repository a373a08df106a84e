package search

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aisle-search/aisle/search/collector"
	"github.com/aisle-search/aisle/search/facet"
	"github.com/aisle-search/aisle/search/match"
	"github.com/aisle-search/aisle/search/rank"
	"github.com/aisle-search/aisle/search/scratch"
	"github.com/aisle-search/aisle/search/snapshot"
)

// Bounds of a query.
const (
	maxTextBytes     = 512
	maxLimit         = 100
	defaultLimit     = 24
	maxFacetSize     = 200
	defaultFacetSize = 10
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
	var c *cursor
	if q.Cursor != "" {
		var err error
		if c, err = s.openCursor(&q); err != nil {
			return nil, err
		}
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

func (q *Query) validate() error {
	switch {
	case len(q.Text) > maxTextBytes:
		return &InvalidError{Field: "q", Reason: fmt.Sprintf("has %d bytes, at most %d", len(q.Text), maxTextBytes)}
	case !utf8.ValidString(q.Text):
		return &InvalidError{Field: "q", Reason: "is not valid UTF-8"}
	case q.Limit < 0 || q.Limit > maxLimit:
		return &InvalidError{Field: "limit", Reason: fmt.Sprintf("must be 1 to %d", maxLimit)}
	case q.FacetSize < 0 || q.FacetSize > maxFacetSize:
		return &InvalidError{Field: "facet_size", Reason: fmt.Sprintf("must be 1 to %d", maxFacetSize)}
	}
	return nil
}

// execution is a query on its way to a page.
type execution struct {
	*collector.Search
	query *Query
}

// viewFor gives the view that a cursor began on, or the current one. pinned
// tells which.
func (s *Store) viewFor(c *cursor, x *Index) (v *snapshot.View, pinned bool, err error) {
	if x != nil {
		v, err = x.acquire()
		return v, false, err
	}
	if c != nil && c.Boot == s.boot {
		if v, ok := s.pins.get(c.Gen, c.View); ok {
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

// plan validates the query against the view's schema.
func (s *Store) plan(view *snapshot.View, q *Query, c *cursor, now time.Time, sc *scratch.Memory) (*execution, error) {
	compiled := view.Generation.Schema
	name := q.Profile
	if name == "" {
		name = ProfileDefault
	}
	profile, ok := s.profiles[name]
	if !ok {
		return nil, &InvalidError{Field: "profile", Reason: fmt.Sprintf("%.64q is not one of %s", name, strings.Join(s.Profiles(), ", "))}
	}
	e := &execution{query: q, Search: &collector.Search{View: view, Profile: &profile, Instant: now.UTC().Truncate(time.Second), Scratch: sc, InStock: q.InStock}}
	var err error
	if e.Filters, err = planFilters(compiled, q.Filters); err != nil {
		return nil, err
	}
	var auto bool
	if e.Facets, auto, err = planFacets(compiled, q.Facets, q.FacetSize, e.Filters); err != nil {
		return nil, err
	}
	if auto {
		e.Auto = facet.NewAuto()
	}
	order, err := planSort(compiled, q.Sort)
	if err != nil {
		return nil, err
	}
	order.AvailableFirst = profile.AvailableFirst
	e.Page = rank.Page{Sort: order, IDs: view.IDs, Limit: q.Limit + 1}
	if c != nil {
		key := c.Key.value()
		e.Instant = time.UnixMilli(c.Instant).UTC()
		e.Page.After, e.Page.AfterID, e.Page.Backward = &key, []byte(c.ID), c.Backward
	}
	return e, e.planMatch(c, sc)
}

// planMatch matches the text.
func (e *execution) planMatch(c *cursor, sc *scratch.Memory) error {
	if strings.TrimSpace(e.query.Text) == "" {
		return nil
	}
	plan, err := match.NewPlan(e.View, e.query.Text)
	if err != nil {
		return fmt.Errorf("plan text: %w", err)
	}
	if plan.Empty() {
		return nil // not a word in it: browse
	}
	least := 0
	if c != nil {
		least = c.Match
	}
	if e.Text, err = match.Find(e.View, plan, least, sc); err != nil {
		return fmt.Errorf("match text: %w", err)
	}
	return nil
}

// finish turns the collected candidates into a page.
func (s *Store) finish(ctx context.Context, e *execution, c *cursor, pinned bool) (*Page, error) {
	q := e.query
	p := &Page{Total: e.Total, Generation: e.View.Generation.Number, View: e.View.Sequence, Positions: e.View.Positions(),
		Query: QueryInfo{Text: q.Text, Relaxed: e.relaxed()}}
	if c != nil {
		p.Paging = "keyset"
		if pinned {
			p.Paging = "snapshot"
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

// addCursors sets where the page goes on, forward and back.
func (s *Store) addCursors(e *execution, c *cursor, p *Page, found []rank.Candidate, more bool) (err error) {
	hasNext := more || (e.Page.Backward && len(found) > 0)
	hasPrev := c != nil && len(found) > 0
	if e.Page.Backward {
		hasPrev = more
	}
	if !hasNext && !hasPrev {
		return nil
	}
	s.pins.keep(e.View, c != nil)
	base := cursor{Version: cursorVersion, Text: e.query.Text, Filters: e.query.Filters, InStock: e.query.InStock,
		Sort: e.query.Sort, Profile: e.query.Profile, Limit: e.query.Limit, Instant: e.Instant.UnixMilli(), Boot: s.boot, Gen: e.View.Generation.Number, View: e.View.Sequence}
	if e.Text != nil {
		base.Match = e.Text.Match
	}
	if hasNext {
		last := &found[len(found)-1]
		base.Key, base.ID = newKeyJSON(&last.Key), string(e.Page.ID(last))
		if p.Next, err = s.sealCursor(&base); err != nil {
			return err
		}
	}
	if hasPrev {
		first := &found[0]
		base.Key, base.ID, base.Backward = newKeyJSON(&first.Key), string(e.Page.ID(first)), true
		if p.Prev, err = s.sealCursor(&base); err != nil {
			return err
		}
	}
	return nil
}

// fill loads what the hits of the page show.
func (e *execution) fill(p *Page, found []rank.Candidate, shown *displays) error {
	p.Hits = make([]Hit, len(found))
	for i := range found {
		f := &found[i]
		s := e.View.Segments[f.Segment]
		if e.Text != nil && e.Page.Sort.Field != "" { // not scored so far
			scores, err := e.Text.Score(f.Segment, []uint32{f.Doc}, e.Scratch)
			if err != nil {
				return fmt.Errorf("score hit: %w", err)
			}
			f.Text = scores[0] * rank.Coverage(f.Matched, e.Text.Plan.Required)
		}
		display, err := shown.display(s, f.Doc)
		if err != nil {
			return fmt.Errorf("read hit: %w", err)
		}
		factors := e.Factors(f.Segment, f.Doc)
		h := &p.Hits[i]
		h.ID, h.Display = s.Columns.IDs.At(f.Doc), display
		h.Score = f.Text * factors.Product()
		h.Signal = signalOf(h.ID, e.View.Signals.At(s.Columns.Ordinals[f.Doc]))
		if e.query.Explain {
			if h.Explain, err = e.explain(f, factors); err != nil {
				return fmt.Errorf("explain hit: %w", err)
			}
		}
		if e.query.Highlight && e.Text != nil {
			h.Highlights = e.highlight(display)
		}
	}
	return nil
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
