package search

import (
	"github.com/aisle-search/aisle/search/layout"
	"github.com/aisle-search/aisle/search/schema"
)

// explain shows how the hit's score came about.
func (w *walker) explain(c *candidate) (*Explanation, error) {
	f := w.factors(c.doc)
	name := w.query.Profile
	if name == "" {
		name = ProfileDefault
	}
	x := &Explanation{Score: c.text * f.product(), Text: c.text, Freshness: f.freshness, Availability: f.availability,
		Popularity: f.popularity, Profile: name, Instant: w.instant}
	if w.text == nil {
		return x, nil
	}
	plan := w.text.plan
	r := w.text.segments[c.segment].reader
	cover := coverage(c.matched, plan.required)
	counted := w.text.frequencies(c.segment, w.scratch)
	counted.room(1)
	counted.take([]uint32{c.doc})
	for i := range plan.concepts {
		concept := &plan.concepts[i]
		if r.concepts[i] == nil || !r.concepts[i].Contains(c.doc) {
			continue
		}
		if err := counted.concept(concept); err != nil {
			return nil, err
		}
		fields, err := counted.byField(concept, w.view.index.schema.Texts)
		if err != nil {
			return nil, err
		}
		x.Terms = append(x.Terms, TermExplanation{Term: concept.surface, Share: w.text.idf[i] * saturate(counted.sum[0]) * cover,
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
					lengths := f.segment.cols.LengthsOf(f.docs[0])
					for i := range texts {
						tf := h.packed >> texts[i].Shift & layout.MaxFrequency
						if texts[i].Pack == pack && tf > 0 {
							out[texts[i].Name] += f.norm.fields[i].frequency(tf, lengths[i])
						}
					}
				}
			}
		}
	}
	return out, nil
}
