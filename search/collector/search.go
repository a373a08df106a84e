package collector

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aisle-search/aisle/search/facet"
	"github.com/aisle-search/aisle/search/filter"
	"github.com/aisle-search/aisle/search/match"
	"github.com/aisle-search/aisle/search/rank"
	"github.com/aisle-search/aisle/search/scratch"
	"github.com/aisle-search/aisle/search/snapshot"
)

// Search is one search on one view: what is asked for, then what was found. The
// caller fills all fields above total.
type Search struct {
	View    *snapshot.View
	Profile *rank.Profile
	Instant time.Time
	Scratch *scratch.Memory

	Filters []filter.Plan
	InStock bool // only what can be bought
	Facets  []*facet.Plan
	Auto    *facet.Auto // counts attributes; nil unless asked for
	Page    rank.Page
	Text    *match.Matches // nil when browsing

	Total int              // products found
	bound [][]filter.Bound // by filter, by segment
}

// Run walks all candidates once: filters, counts, total and the page's best.
func (e *Search) Run(ctx context.Context) error {
	for _, f := range e.Filters {
		columns, err := e.View.ColumnsOf(f.Field, f.Kind)
		if err != nil {
			return fmt.Errorf("bind filter: %w", err)
		}
		e.bound = append(e.bound, f.Bind(columns, e.View.Generation.Dictionaries.Get(f.Field)))
	}
	for _, f := range e.Facets {
		columns, err := e.View.ColumnsOf(f.Name, f.Kind)
		if err != nil {
			return fmt.Errorf("bind facet: %w", err)
		}
		f.Bind(columns, e.View.Generation.Dictionaries.Get(f.Name))
	}
	if e.browses() {
		return e.browse()
	}
	for _, f := range e.Facets {
		f.Numbers = e.Scratch.TakeNumbers()
	}
	for i, s := range e.View.Segments {
		if err := ctx.Err(); err != nil {
			return err
		}
		if e.Text != nil && len(e.Text.Segments[i].Docs) == 0 {
			continue
		}
		w, err := e.walk(i, s)
		if err != nil {
			return err
		}
		if e.Text == nil {
			w.visitAll()
		} else if err := w.visitMatches(&e.Text.Segments[i]); err != nil {
			return fmt.Errorf("score: %w", err)
		}
	}
	return nil
}

// Results makes the facets asked for, in the order asked for.
func (e *Search) Results() []facet.Result {
	if e.browses() {
		return e.facetsOfAll()
	}
	out := make([]facet.Result, 0, len(e.Facets))
	for _, f := range e.Facets {
		var selected []string
		if f.Filter >= 0 {
			selected = e.Filters[f.Filter].Values
		}
		out = append(out, f.Result(selected))
		e.Scratch.GiveNumbers(f.Numbers)
		f.Numbers = nil
	}
	return out
}

// Describing counts further facets over the same result and gives those that divide it
// best.
func (e *Search) Describing(ctx context.Context, plans []*facet.Plan) ([]facet.Result, error) {
	again := &Search{View: e.View, Profile: e.Profile, Instant: e.Instant, Scratch: e.Scratch, Filters: e.Filters,
		InStock: e.InStock, Facets: plans, Text: e.Text, Page: rank.Page{Sort: e.Page.Sort, IDs: e.Page.IDs}}
	if err := again.Run(ctx); err != nil {
		return nil, err
	}
	facets := again.Results()
	rate := make(map[string]float64, len(facets))
	for i := range facets {
		rate[facets[i].Name] = facets[i].Divides(e.Total)
	}
	facets = slices.DeleteFunc(facets, func(f facet.Result) bool { return rate[f.Name] <= 0 })
	slices.SortStableFunc(facets, func(a, b facet.Result) int { return cmp.Compare(rate[b.Name], rate[a.Name]) })
	return facets[:min(len(facets), facet.AutoChosen)], nil
}

// Factors are what the text score of a product is multiplied by.
func (e *Search) Factors(segment int, doc uint32) rank.Factors {
	s := e.View.Segments[segment]
	w := walker{Search: e, segment: s, released: s.Columns.Numbers[rank.DateField]}
	return w.factors(doc)
}
