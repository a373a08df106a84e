package match

import (
	"github.com/aisle-search/aisle/search/layout"
	"github.com/aisle-search/aisle/search/rank"
	"github.com/aisle-search/aisle/search/schema"
	"github.com/aisle-search/aisle/search/scratch"
)

// Share is one concept's share of a text score; the shares add up to it.
type Share struct {
	Term   string
	Share  float64
	IDF    float64
	DF     int                // products that hold the concept in any field
	Fields map[string]float64 // weighted, length-normalised frequency by field
}

// Explain shows how the text score of a document of a segment came about, which holds
// so many of the required concepts.
func (m *Matches) Explain(segment int, doc uint32, matched int, sc *scratch.Memory) ([]Share, error) {
	var out []Share
	cover := rank.Coverage(matched, m.Plan.Required)
	counted := m.frequencies(segment, sc)
	counted.room(1)
	counted.take([]uint32{doc})
	for i := range m.Plan.concepts {
		concept := &m.Plan.concepts[i]
		if held := counted.concepts[i]; held == nil || !held.Contains(doc) {
			continue
		}
		if err := counted.concept(concept); err != nil {
			return nil, err
		}
		fields, err := counted.byField(concept, m.view.Generation.Schema.Texts)
		if err != nil {
			return nil, err
		}
		out = append(out, Share{Term: concept.surface, Share: m.idf[i] * rank.Saturate(counted.sum[0]) * cover,
			IDF: m.idf[i], DF: m.weighed.Holding[i], Fields: fields})
	}
	return out, nil
}

// byField is what each field adds to the terms of a concept that the one document
// holds.
func (f *frequencies) byField(c *concept, texts []schema.TextField) (map[string]float64, error) {
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
						tf := h.Packed >> texts[i].Shift & layout.MaxFrequency
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
