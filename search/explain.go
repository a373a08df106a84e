package search

import segment "github.com/blevesearch/scorch_segment_api/v2"

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
	m := &w.text.segments[c.segment]
	at := seek(m.docs, 0, c.doc)
	cover := coverage(int(m.matched[at]), w.text.plan.required)
	for i, concept := range w.text.plan.concepts {
		list := &m.concepts[i]
		n := seek(list.docs, 0, c.doc)
		if n == len(list.docs) || list.docs[n] != c.doc {
			continue
		}
		fields, err := w.fieldFrequencies(&concept, c.doc)
		if err != nil {
			return nil, err
		}
		x.Terms = append(x.Terms, TermExplanation{Term: concept.surface, Share: w.text.idf[i] * saturate(list.freq[n]) * cover,
			IDF: w.text.idf[i], DF: w.text.df[i], Fields: fields})
	}
	return x, nil
}

// fieldFrequencies is what each field adds to the terms of a concept that a
// document holds.
func (w *walker) fieldFrequencies(c *conceptPlan, doc uint32) (map[string]float64, error) {
	out := map[string]float64{}
	seen := map[int]bool{}
	for _, v := range c.variants {
		for _, t := range v.terms {
			if seen[t] {
				continue
			}
			seen[t] = true
			for i := range w.view.index.schema.texts {
				tf, err := termFrequency(w.segment.segment, w.view.index.schema.texts[i].bleve, w.text.plan.terms[t], doc)
				if err != nil {
					return nil, err
				}
				if tf > 0 {
					n := normTable{weight: w.view.index.schema.texts[i].Weight, mean: w.view.means[i]}
					out[w.view.index.schema.texts[i].Name] += n.frequency(tf, w.segment.cols.lengths[i][doc])
				}
			}
		}
	}
	return out, nil
}

func termFrequency(s segment.Segment, field, term string, doc uint32) (uint64, error) {
	dict, err := s.Dictionary(field)
	if err != nil {
		return 0, err
	}
	list, err := dict.PostingsList([]byte(term), nil, nil)
	if err != nil {
		return 0, err
	}
	p, err := list.Iterator(true, false, false, nil).Advance(uint64(doc))
	if err != nil || p == nil || uint32(p.Number()) != doc {
		return 0, err
	}
	return p.Frequency(), nil
}
