package search

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aisle-search/aisle/search/collector"
	"github.com/aisle-search/aisle/search/facet"
	"github.com/aisle-search/aisle/search/filter"
	"github.com/aisle-search/aisle/search/match"
	"github.com/aisle-search/aisle/search/rank"
	"github.com/aisle-search/aisle/search/schema"
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

// validate checks what needs no schema.
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

// normalise gives equal queries equal form.
func (q *Query) normalise() {
	q.Filters, q.Forced = normalFilters(q.Filters), normalFilters(q.Forced)
	if q.Sort == "relevance" {
		q.Sort = ""
	}
	if q.Profile == ProfileDefault {
		q.Profile = ""
	}
}

// normalFilters merges filters by name and sorts them; nil if there are none.
func normalFilters(filters []Filter) []Filter {
	if len(filters) == 0 {
		return nil
	}
	merged := make([]Filter, 0, len(filters))
	for _, f := range filters {
		i := slices.IndexFunc(merged, func(m Filter) bool { return m.Field == f.Field })
		if i < 0 {
			merged = append(merged, Filter{Field: f.Field, Values: slices.Clone(f.Values)})
			continue
		}
		merged[i].Values = append(merged[i].Values, f.Values...)
	}
	slices.SortFunc(merged, func(a, b Filter) int {
		if a.Field < b.Field {
			return -1
		}
		return 1
	})
	for i := range merged {
		slices.Sort(merged[i].Values)
		merged[i].Values = slices.Compact(merged[i].Values)
	}
	return merged
}

// plan validates the query against the view's schema.
func (s *Store) plan(view *snapshot.View, q *Query, c *continuation, now time.Time, sc *scratch.Memory) (*execution, error) {
	compiled := view.Generation.Schema
	name := q.Profile
	if name == "" {
		name = ProfileDefault
	}
	profile, ok := s.profiles[name]
	if !ok {
		return nil, &InvalidError{Field: "profile", Reason: fmt.Sprintf("%.64q is not one of %s", name, strings.Join(s.Profiles(), ", "))}
	}
	e := &execution{query: q, Search: collector.Search{View: view, Profile: &profile, Instant: now.UTC().Truncate(time.Second), Scratch: sc, InStock: q.InStock}}
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
func (e *execution) planMatch(c *continuation, sc *scratch.Memory) error {
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
	least, past := 0, (*match.Statistics)(nil)
	if c != nil {
		least, past = c.Match, c.Statistics
	}
	if e.Text, err = match.Find(e.View, plan, least, past, sc); err != nil {
		return fmt.Errorf("match text: %w", err)
	}
	return nil
}

// Bounds of a query's filters.
const (
	maxFilters      = 64
	maxFilterValues = 256 // in all
)

// planFilters validates filters.
func planFilters(c *schema.Compiled, filters []Filter) ([]filter.Plan, error) {
	if len(filters) > maxFilters {
		return nil, &InvalidError{Field: "f", Reason: fmt.Sprintf("has %d names, at most %d", len(filters), maxFilters)}
	}
	total := 0
	plans := make([]filter.Plan, 0, len(filters))
	for _, f := range filters {
		total += len(f.Values)
		p, err := planFilter(c, f)
		if err != nil {
			return nil, err
		}
		plans = append(plans, p)
	}
	if total > maxFilterValues {
		return nil, &InvalidError{Field: "f", Reason: fmt.Sprintf("has %d values, at most %d", total, maxFilterValues)}
	}
	return plans, nil
}

func planFilter(c *schema.Compiled, f Filter) (filter.Plan, error) {
	kind, known := c.KindOf(f.Field)
	switch {
	case !known:
		return filter.Plan{}, &InvalidError{Field: "f." + f.Field, Reason: "is not a field of the schema; attributes are f.attr.NAME"}
	case kind == Text:
		return filter.Plan{}, &InvalidError{Field: "f." + f.Field, Reason: "is a text: it can be searched, not filtered"}
	}
	p, err := filter.Parse(f.Field, kind, f.Values)
	if err != nil {
		return p, &InvalidError{Field: "f." + f.Field, Reason: err.Error()}
	}
	return p, nil
}

// facetAuto asks for the facets that describe the result best.
const facetAuto = "auto"

// planFacets validates facets, and tells whether "auto" is among them.
func planFacets(c *schema.Compiled, names []string, size int, filters []filter.Plan) ([]*facet.Plan, bool, error) {
	if len(names) > facet.Max {
		return nil, false, &InvalidError{Field: "facets", Reason: fmt.Sprintf("names %d facets, at most %d", len(names), facet.Max)}
	}
	var plans []*facet.Plan
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
		plans = append(plans, planFacet(c, name, size, filters))
	}
	return plans, auto, nil
}

// planFacet makes the plan of one facet.
func planFacet(c *schema.Compiled, name string, size int, filters []filter.Plan) *facet.Plan {
	kind, _ := c.KindOf(name)
	at := slices.IndexFunc(filters, func(f filter.Plan) bool { return f.Field == name })
	return facet.New(name, kind, size, at)
}

// planSort validates a sort.
func planSort(c *schema.Compiled, s string) (rank.Sort, error) {
	if s == "" || s == "relevance" {
		return rank.Sort{Descending: true}, nil
	}
	if s == "-relevance" {
		return rank.Sort{}, &InvalidError{Field: "sort", Reason: `cannot be "-relevance": relevance has one direction only, best first`}
	}
	name, desc := strings.CutPrefix(s, "-")
	f := c.ByName[name]
	if f == nil || !f.Sort {
		return rank.Sort{}, &InvalidError{Field: "sort", Reason: fmt.Sprintf("%.64q is not sortable; one may sort by %s", name, sortable(c))}
	}
	return rank.Sort{Field: name, ByText: !f.Kind.Numeric(), Descending: desc}, nil
}

// sortable lists what one may sort by.
func sortable(c *schema.Compiled) string {
	names := []string{"relevance"}
	for i := range c.Fields {
		if c.Fields[i].Sort {
			names = append(names, c.Fields[i].Name)
		}
	}
	return strings.Join(names, ", ")
}
