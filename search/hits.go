package search

import (
	"fmt"

	"github.com/aisle-search/aisle/search/display"
	"github.com/aisle-search/aisle/search/rank"
)

// fill loads what the hits of the page show.
func (e *execution) fill(p *Page, found []rank.Candidate, shown *display.Cache) error {
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
		shows, err := shown.Get(s, f.Doc)
		if err != nil {
			return fmt.Errorf("read hit: %w", err)
		}
		factors := e.Factors(f.Segment, f.Doc)
		h := &p.Hits[i]
		h.ID, h.Display = s.Columns.IDs.At(f.Doc), shows
		h.Score = f.Text * factors.Product()
		h.Signal = signalOf(h.ID, e.View.Signals.At(s.Columns.Ordinals[f.Doc]))
		if e.query.Explain {
			if h.Explain, err = e.explain(f, factors); err != nil {
				return fmt.Errorf("explain hit: %w", err)
			}
		}
		if e.query.Highlight && e.Text != nil {
			h.Highlights = display.Highlight(shows, e.Text.Plan.Terms, e.View.Generation.Schema, e.View.Generation.Analyzer)
		}
	}
	return nil
}

// explain shows how the hit's score came about: by its text and the factors f.
func (e *execution) explain(c *rank.Candidate, f rank.Factors) (*Explanation, error) {
	name := e.query.Profile
	if name == "" {
		name = ProfileDefault
	}
	x := &Explanation{Score: c.Text * f.Product(), Text: c.Text, Freshness: f.Freshness, Availability: f.Availability,
		Popularity: f.Popularity, Profile: name, Instant: e.Instant}
	if e.Text == nil {
		return x, nil
	}
	terms, err := e.Text.Explain(c.Segment, c.Doc, c.Matched, e.Scratch)
	if err != nil {
		return nil, err
	}
	for _, t := range terms {
		x.Terms = append(x.Terms, TermExplanation(t))
	}
	return x, nil
}
