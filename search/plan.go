package search

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aisle-search/aisle/search/facet"
	"github.com/aisle-search/aisle/search/filter"
	"github.com/aisle-search/aisle/search/rank"
	"github.com/aisle-search/aisle/search/schema"
)

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
