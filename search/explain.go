package search

import (
	"github.com/aisle-search/aisle/search/layout"
	"github.com/aisle-search/aisle/search/rank"
	"github.com/aisle-search/aisle/search/schema"
)

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
	plan := w.text.plan
	r := w.text.segments[c.Segment].reader
	cover := rank.Coverage(c.Matched, plan.required)
	counted := w.text.frequencies(c.Segment, w.scratch)
	counted.room(1)
	counted.take([]uint32{c.Doc})
	for i := range plan.concepts {
		concept := &plan.concepts[i]
		if r.concepts[i] == nil || !r.concepts[i].Contains(c.Doc) {
			continue
		}
		if err := counted.concept(concept); err != nil {
			return nil, err
		}
		fields, err := counted.byField(concept, w.view.Generation.Schema.Texts)
		if err != nil {
			return nil, err
		}
		x.Terms = append(x.Terms, TermExplanation{Term: concept.surface, Share: w.text.idf[i] * rank.Saturate(counted.sum[0]) * cover,
			IDF: w.text.idf[i], DF: w.text.df[i], Fields: fields})
	}
	return x, nil
}

// byField is what each field adds to the terms of a concept that the one document
// holds.
func (f *frequencies) byField(c *conceptPlan, texts []schema.TextField) (map[string]float64, error) {
	out := map[string]float64{}
	seen := map[int]bool{}
	for _, v := range c.variants {
		for _, t := range v.terms {
			if seen[t] {
				continue
			}
			seen[t] = true
			for pack := range f.dicts {
				found, err := f.read(t, pack, f.docs)
				if err != nil {
					return nil, err
				}
				for _, h := range found {
					lengths := f.segment.Columns.LengthsOf(f.docs[0])
					for i := range texts {
						tf := h.packed >> texts[i].Shift & layout.MaxFrequency
						if texts[i].Pack == pack && tf > 0 {
							out[texts[i].Name] += f.norm.OfField(i, tf, lengths[i])
						}
					}
				}
			}
		}
	}
	return out, nil
}
