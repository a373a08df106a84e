package audit

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// question is one search.
type question struct {
	text      string
	filters   []filter
	inStock   bool
	facets    []string
	facetSize int
	sort      string
	limit     int
}

// values are the question's parameters.
func (q question) values() url.Values {
	v := url.Values{"limit": {strconv.Itoa(q.limit)}}
	if q.text != "" {
		v.Set("q", q.text)
	}
	for _, f := range q.filters {
		v["f."+f.name] = f.values
	}
	if q.inStock {
		v.Set("in_stock", "true")
	}
	if len(q.facets) > 0 {
		v.Set("facets", strings.Join(q.facets, ","))
		v.Set("facet_size", strconv.Itoa(q.facetSize))
	}
	if q.sort != "" {
		v.Set("sort", q.sort)
	}
	return v
}

// matching are the products that pass every filter but those of one name, in
// order of id. among, unless it is nil, are those that match the text.
func (s *Shop) matching(q question, except string, among map[string]bool) (found []*item) {
	for _, it := range s.products {
		if among != nil && !among[it.ID] || q.inStock && !s.inStock[it.ID] {
			continue
		}
		fails := func(f filter) bool { return f.name != except && !f.passes(it) }
		if !slices.ContainsFunc(q.filters, fails) {
			found = append(found, it)
		}
	}
	return found
}

// own is the filter on a name, if there is one.
func (q question) own(name string) (filter, bool) {
	i := slices.IndexFunc(q.filters, func(f filter) bool { return f.name == name })
	if i < 0 {
		return filter{}, false
	}
	return q.filters[i], true
}
