package web

import (
	"maps"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/aisle-search/aisle/search"
)

// force adds the filters that the caller's key brings along. Facets on their
// fields are refused: a facet leaves its own filter out and would count what the
// key must not see.
func (s *Server) force(c *gin.Context, q *search.Query) error {
	caller := infoOf(c).caller
	if caller == nil || len(caller.Filters) == 0 {
		return nil
	}
	for _, field := range slices.Sorted(maps.Keys(caller.Filters)) {
		if slices.Contains(q.Facets, field) {
			return invalid("facets", "names "+field+", which this key is bound to")
		}
		for _, f := range q.Filters {
			if f.Field == field {
				return invalid("f."+field, "is bound by this key")
			}
		}
		q.Filters = append(q.Filters, search.Filter{Field: field, Values: caller.Filters[field]})
	}
	slices.SortFunc(q.Filters, func(a, b search.Filter) int { return strings.Compare(a.Field, b.Field) })
	return nil
}

// conceal drops facets on forced fields that "auto" brought in.
func (s *Server) conceal(c *gin.Context, page *search.Page) {
	caller := infoOf(c).caller
	if caller == nil || len(caller.Filters) == 0 {
		return
	}
	open := make([]search.Facet, 0, len(page.Facets))
	for _, f := range page.Facets {
		if _, forced := caller.Filters[f.Name]; !forced {
			open = append(open, f)
		}
	}
	page.Facets = open
}
