package search

import (
	"fmt"
	"math"

	segment "github.com/blevesearch/scorch_segment_api/v2"
)

// score fills in the text scores of the segment's matches.
func (r *termReader) score(m *textMatches, sm *segmentMatches, n *norms, s *segmentView, sc *scratch) error {
	if len(sm.docs) == 0 {
		return nil
	}
	sm.score = sc.zeros(len(sm.docs))
	f := r.frequencies(sm.docs, n, s, sc)
	for c := range m.plan.concepts {
		if r.concepts[c] == nil {
			continue
		}
		if err := f.concept(&m.plan.concepts[c]); err != nil {
			return err
		}
		weight := m.idf[c]
		for i, x := range f.sum {
			if x > 0 {
				sm.score[i] += weight * saturate(x)
			}
		}
	}
	return nil
}

// frequencies finds how often some documents of a segment hold concepts.
type frequencies struct {
	*termReader
	docs []uint32
	norm *norms
	cols *columns

	sum         []float64 // of the concept, by place in docs; 0 where it is not held
	term, least []float64 // working memory of concept
}

func (r *termReader) frequencies(docs []uint32, n *norms, s *segmentView, sc *scratch) *frequencies {
	return &frequencies{termReader: r, docs: docs, norm: n, cols: s.cols.columns,
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
		err := f.each(term, pack, func(i int, packed uint64) {
			to[i] += f.norm.frequency(pack, packed, f.cols.lengthsOf(f.docs[i]))
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// denseList is how many times as long as the documents asked for a list may be to
// be read from end to end; from a longer one only those are looked up.
const denseList = 4

// each calls fn with the places in docs whose document holds the term in a pack,
// and its packed frequencies.
func (f *frequencies) each(term, pack int, fn func(i int, packed uint64)) error {
	list := f.lists[term*len(f.dicts)+pack]
	n := list.Count()
	if n == 0 {
		return nil
	}
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
			return fmt.Errorf("read postings: %w", err)
		}
		if p == nil {
			return nil
		}
		doc := uint32(p.Number())
		if i = seek(f.docs, i, doc); i < len(f.docs) && f.docs[i] == doc {
			fn(i, p.Frequency())
			i++
		}
	}
	return nil
}
