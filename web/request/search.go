package request

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/aisle-search/aisle/search"
	"github.com/aisle-search/aisle/web/strictjson"
)

// Bounds of a search, beyond which a request is refused.
const (
	maxText         = 512 // bytes of q
	maxLimit        = 100
	maxFacetSize    = 200
	maxFacets       = 50
	maxName         = 256 // bytes of a field's name
	maxFilters      = 50  // names
	maxFilterValues = 500 // over all names
	maxFilterValue  = 512 // bytes
	maxCursor       = 8 << 10
	maxWait         = 2000 // milliseconds
	defaultWait     = 500  // milliseconds
)

// Search is a search as the caller asked for it.
type Search struct {
	Query search.Query
	Demand
}

// Demand is what a reader wants the index to have reached.
type Demand struct {
	Token  string        // consistency token, not yet read; see HasToken
	Wait   time.Duration // how long to wait for the token
	Strict bool          // refuse rather than answer stale
	// HasToken tells an empty token, which is wrong, from none.
	HasToken bool
}

// Demand takes the parameters of a demand.
func (p *Params) Demand() (d Demand) {
	d.Token, d.HasToken = p.Text("consistency")
	d.Wait = time.Duration(p.Integer("wait_ms", 0, maxWait, defaultWait)) * time.Millisecond
	d.Strict = p.Boolean("strict")
	return d
}

// ParseSearch reads the parameters of a search, from a query string or from a
// body that BodyParams has turned into the same.
func ParseSearch(p *Params) (Search, error) {
	var r Search
	r.Query.Text, _ = p.Text("q")
	if len(r.Query.Text) > maxText {
		p.Fail("q", fmt.Sprintf("is longer than %d bytes", maxText))
	}
	r.Query.InStock = p.Boolean("in_stock")
	r.Query.Facets = p.names("facets")
	r.Query.FacetSize = p.Integer("facet_size", 1, maxFacetSize, 0)
	r.Query.Limit = p.Integer("limit", 1, maxLimit, 0)
	r.Query.Sort = p.name("sort")
	r.Query.Profile = p.name("profile")
	r.Query.Explain = p.Boolean("explain")
	r.Query.Highlight = p.Boolean("highlight")
	r.Demand = p.Demand()
	r.Query.Filters = p.filters()
	cursor, paging := p.Text("cursor")
	r.Query.Cursor = cursor
	if err := p.Done(); err != nil {
		return Search{}, err
	}
	if paging {
		r.Query.Empty = p.empty(r.Query)
	}
	if paging && (cursor == "" || len(cursor) > maxCursor) {
		return Search{}, search.ErrInvalidCursor
	}
	return r, nil
}

// empty tells which parameters of a search are given and empty.
func (p *Params) empty(q search.Query) search.Empty {
	given := func(name string) bool { _, ok := p.values[name]; return ok }
	filters := false
	for name := range p.values {
		filters = filters || strings.HasPrefix(name, "f.")
	}
	return search.Empty{
		Text: q.Text == "" && given("q"), Filters: len(q.Filters) == 0 && filters,
		InStock: !q.InStock && given("in_stock"),
		Sort:    q.Sort == "" && given("sort"), Profile: q.Profile == "" && given("profile"),
	}
}

// name takes a parameter that holds one name.
func (p *Params) name(param string) string {
	text, _ := p.Text(param)
	if len(text) > maxName {
		p.Fail(param, fmt.Sprintf("is longer than %d bytes", maxName))
	}
	return text
}

// names takes a list of names; each may occur once.
func (p *Params) names(param string) []string {
	var list []string
	if p.listed {
		list = p.values[param]
		p.taken[param] = true
	} else {
		text, _ := p.Text(param)
		list = splitNames(text)
	}
	if len(list) > maxFacets {
		p.Fail(param, fmt.Sprintf("has more than %d names", maxFacets))
		return nil
	}
	for i, name := range list {
		switch {
		case name == "" || len(name) > maxName:
			p.Fail(param, "has an empty or an overlong name")
		case slices.Contains(list[:i], name):
			p.Fail(param, fmt.Sprintf("names %q twice", clip(name)))
		}
	}
	return list
}

// splitNames reads a comma list.
func splitNames(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, ",")
}

// filters takes every f.NAME, in the order of the names, values sorted: the same
// request always becomes the same query.
func (p *Params) filters() []search.Filter {
	var filters []search.Filter
	total := 0
	for param, values := range p.values {
		name, ok := strings.CutPrefix(param, "f.")
		if !ok || p.taken[param] {
			continue
		}
		p.taken[param] = true
		if name == "" || len(name) > maxName {
			p.Fail(clip(param), "has an empty or an overlong name")
		}
		for _, v := range values {
			if len(v) > maxFilterValue {
				p.Fail(clip(param), fmt.Sprintf("has a value longer than %d bytes", maxFilterValue))
			}
		}
		if total += len(values); len(values) > 0 {
			sorted := slices.Sorted(slices.Values(values))
			filters = append(filters, search.Filter{Field: name, Values: slices.Compact(sorted)})
		}
	}
	if len(filters) > maxFilters || total > maxFilterValues {
		p.Fail("f.*", fmt.Sprintf("are more than %d names or %d values", maxFilters, maxFilterValues))
	}
	slices.SortFunc(filters, func(a, b search.Filter) int { return strings.Compare(a.Field, b.Field) })
	return filters
}

// spelling is how a parameter is spelled in a body.
type spelling string

const (
	jsonString  spelling = "a string"
	jsonInteger spelling = "a whole number"
	jsonBoolean spelling = "true or false"
	jsonNames   spelling = "a list of strings"
	jsonValues  spelling = "a string, a number, true, false, or a list of these"
)

// bodyTypes says how each parameter of a search is spelled in a body. Those that
// are not listed are f.* or unknown.
var bodyTypes = map[string]spelling{
	"q": jsonString, "sort": jsonString, "profile": jsonString, "cursor": jsonString, "consistency": jsonString,
	"limit": jsonInteger, "facet_size": jsonInteger, "wait_ms": jsonInteger,
	"in_stock": jsonBoolean, "explain": jsonBoolean, "highlight": jsonBoolean, "strict": jsonBoolean,
	"facets": jsonNames,
}

// SearchNames are the parameters that a search may have beside f.*, sorted.
func SearchNames() []string { return slices.Sorted(maps.Keys(bodyTypes)) }

// BodyParams turns a JSON body into the parameters that a query string would
// have had, so that both are checked by the same code.
func BodyParams(body []byte) (*Params, error) {
	fields, err := strictjson.Object(body)
	if err != nil {
		return nil, err
	}
	values := make(url.Values, len(fields))
	for name, raw := range fields {
		kind, known := bodyTypes[name]
		if !known {
			kind = jsonValues // f.*; anything else is refused by done
		}
		list, ok := spell(raw, kind)
		if !ok {
			return nil, Invalid(clip(name), "must be "+string(kind))
		}
		values[name] = list
	}
	return &Params{values: values, listed: true, taken: make(map[string]bool, len(values))}, nil
}

// spell returns a JSON value as the texts of a parameter.
func spell(raw json.RawMessage, kind spelling) ([]string, bool) {
	var v any
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if d.Decode(&v) != nil {
		return nil, false
	}
	switch v := v.(type) {
	case string:
		if kind == jsonNames {
			return splitNames(v), true
		}
		return []string{v}, kind == jsonString || kind == jsonValues
	case json.Number:
		return []string{v.String()}, kind == jsonInteger || kind == jsonValues
	case bool:
		return []string{fmt.Sprint(v)}, kind == jsonBoolean || kind == jsonValues
	case []any:
		return spellList(v, kind)
	}
	return nil, false
}

func spellList(list []any, kind spelling) ([]string, bool) {
	if kind != jsonNames && kind != jsonValues {
		return nil, false
	}
	texts := make([]string, 0, len(list))
	for _, v := range list {
		text, isText := v.(string)
		switch v := v.(type) {
		case json.Number:
			text = v.String()
		case bool:
			text = fmt.Sprint(v)
		}
		if text == "" && !isText || kind == jsonNames && !isText {
			return nil, false
		}
		texts = append(texts, text)
	}
	return texts, true
}
