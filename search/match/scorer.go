package match

import (
	"github.com/aisle-search/aisle/search/rank"
	"github.com/aisle-search/aisle/search/scratch"
)

// Scorer gives text scores of documents of one segment, in their order.
type Scorer struct {
	*frequencies
	matches *Matches
	scores  []float64
}

// Scorer prepares to score so many documents of a segment. Where the postings of all
// terms are decoded, it takes them a block at a time, so that they stay in the nearest
// cache; else together, since Bleve's lists are read from their beginning.
func (m *Matches) Scorer(segment, docs int, sc *scratch.Memory) (s *Scorer, step int) {
	f := m.frequencies(segment, sc)
	step = docs
	if f.findHot() {
		step = min(docs, scratch.BlockDocuments)
	}
	f.room(step)
	return &Scorer{frequencies: f, matches: m, scores: sc.Zeros(step)}, step
}

// Score is the text score of documents, before coverage, valid until the next call.
func (s *Scorer) Score(docs []uint32) ([]float64, error) {
	s.take(docs)
	scores := s.scores[:len(docs)]
	clear(scores)
	for c := range s.plan.concepts {
		if s.concepts[c] == nil {
			continue
		}
		if err := s.concept(&s.plan.concepts[c]); err != nil {
			return nil, err
		}
		weight := s.matches.idf[c]
		for i, x := range s.sum {
			scores[i] += weight * rank.Saturate(x) // 0 where it is not held
		}
	}
	return scores, nil
}

// Score is the text score of documents of a segment, before coverage.
func (m *Matches) Score(segment int, docs []uint32, sc *scratch.Memory) ([]float64, error) {
	s, _ := m.Scorer(segment, 0, sc)
	s.room(len(docs))
	s.scores = sc.Zeros(len(docs))
	return s.Score(docs)
}
