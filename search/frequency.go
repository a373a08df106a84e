package search

import (
	"fmt"
	"math"

	segment "github.com/blevesearch/scorch_segment_api/v2"
)

// score is the text score of documents of a segment, before coverage.
func (m *textMatches) score(segment int, docs []uint32, sc *scratch) ([]float64, error) {
	score := sc.zeros(len(docs))
	r := m.segments[segment].reader
	f := r.frequencies(docs, m.view.normsOf(), m.view.segments[segment], sc)
	for c := range m.plan.concepts {
		if r.concepts[c] == nil {
			continue
		}
		if err := f.concept(&m.plan.concepts[c]); err != nil {
			return nil, err
		}
		weight := m.idf[c]
		for i, x := range f.sum {
			if x > 0 {
				score[i] += weight * saturate(x)
			}
		}
	}
	return score, nil
}

// frequencies finds how often some documents of a segment hold concepts.
type frequencies struct {
	*termReader
	docs    []uint32
	norm    *norms
	cols    *columns
	scratch *scratch

	sum         []float64 // of the concept, by place in docs; 0 where it is not held
	term, least []float64 // working memory of concept
}

func (r *termReader) frequencies(docs []uint32, n *norms, s *segmentView, sc *scratch) *frequencies {
	return &frequencies{termReader: r, docs: docs, norm: n, cols: s.cols.columns, scratch: sc,
		sum: sc.zeros(len(docs)), term: sc.zeros(len(docs)), least: sc.zeros(len(docs))}
}

// concept fills in sum: the best variant counts; of a variant of several terms,
// the rarest term in the document.
func (f *frequencies) concept(c *conceptPlan) error {
	clear(f.sum)
	if len(c.variants) == 1 && len(c.variants[0].terms) == 1 && c.variants[0].weight == 1 {
		return f.add(c.variants[0].terms[0], f.sum)
	}
	for _, v := range c.variants {
		if f.absent(v) {
			continue
		}
		for n, t := range v.terms {
			clear(f.term)
			if err := f.add(t, f.term); err != nil {
				return err
			}
			if n == 0 {
				f.term, f.least = f.least, f.term
				continue
			}
			for i, x := range f.term {
				f.least[i] = math.Min(f.least[i], x)
			}
		}
		for i, x := range f.least {
			f.sum[i] = math.Max(f.sum[i], v.weight*x)
		}
	}
	return nil
}

// absent tells whether the segment lacks a term of the variant.
func (f *frequencies) absent(v variantPlan) bool {
	for _, t := range v.terms {
		if f.terms[t] == nil {
			return true
		}
	}
	return len(v.terms) == 0
}

// add adds the weighted frequencies of a term.
func (f *frequencies) add(term int, to []float64) error {
	for pack := range f.dicts {
		found, err := f.read(term, pack)
		if err != nil {
			return err
		}
		// A loop of its own: lengths lie far apart, and so the processor fetches many
		// at a time.
		for _, h := range found {
			to[h.at] += f.norm.frequency(pack, h.packed, f.cols.lengthsOf(f.docs[h.at]))
		}
	}
	return nil
}

// holding is a document that holds a term.
type holding struct {
	at     int    // its place among the documents asked for
	packed uint64 // see packBits
}

// denseList is how many times as long as the documents asked for a list may be to
// be read from end to end; from a longer one only those are looked up.
const denseList = 4

// read finds which of the documents hold the term in a pack. The result is valid
// until the next call.
func (f *frequencies) read(term, pack int) ([]holding, error) {
	list := f.lists[term*len(f.dicts)+pack]
	n := list.Count()
	if n == 0 {
		return nil, nil
	}
	found := f.scratch.holdings[:0]
	it := list.Iterator(true, false, false, f.freqs)
	f.freqs = it
	dense := n <= denseList*uint64(len(f.docs))
	for i := 0; i < len(f.docs); {
		var p segment.Posting
		var err error
		if dense {
			p, err = it.Next()
		} else {
			p, err = it.Advance(uint64(f.docs[i]))
		}
		if err != nil {
			return nil, fmt.Errorf("read postings: %w", err)
		}
		if p == nil {
			break
		}
		doc := uint32(p.Number())
		if i = seek(f.docs, i, doc); i < len(f.docs) && f.docs[i] == doc {
			found = append(found, holding{i, p.Frequency()})
			i++
		}
	}
	f.scratch.holdings = found
	return found, nil
}
