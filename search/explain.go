package search

import "github.com/aisle-search/aisle/search/rank"

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
