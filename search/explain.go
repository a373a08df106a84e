package search

import "github.com/aisle-search/aisle/search/rank"

// explain shows how the hit's score came about.
func (w *walker) explain(c *rank.Candidate) (*Explanation, error) {
	f := w.factors(c.Doc)
	name := w.query.Profile
	if name == "" {
		name = ProfileDefault
	}
	x := &Explanation{Score: c.Text * f.Product(), Text: c.Text, Freshness: f.Freshness, Availability: f.Availability,
		Popularity: f.Popularity, Profile: name, Instant: w.instant}
	if w.text == nil {
		return x, nil
	}
	terms, err := w.text.Explain(c.Segment, c.Doc, c.Matched, w.scratch)
	if err != nil {
		return nil, err
	}
	for _, t := range terms {
		x.Terms = append(x.Terms, TermExplanation(t))
	}
	return x, nil
}
