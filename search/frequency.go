package search

import (
	"fmt"
	"math"

	segment "github.com/blevesearch/scorch_segment_api/v2"
)

// score is the text score of documents of a segment, before coverage.
func (m *textMatches) score(segment int, docs []uint32, sc *scratch) ([]float64, error) {
	score := sc.zeros(len(docs))
	f := m.frequencies(segment, docs, sc)
	for c := range m.plan.concepts {
		if f.concepts[c] == nil {
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
	plan    *textPlan
	view    *View
	segment *segmentView
	docs    []uint32
	norm    *norms
	scratch *scratch

	sum         []float64 // of the concept, by place in docs; 0 where it is not held
	term, least []float64 // working memory of concept
}

func (m *textMatches) frequencies(segment int, docs []uint32, sc *scratch) *frequencies {
	return &frequencies{termReader: m.segments[segment].reader, plan: m.plan, view: m.view, segment: m.view.segments[segment],
		docs: docs, norm: m.view.norms, scratch: sc,
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
	hot := &f.segment.cols.hot
	text := f.plan.terms[term]
	if l := hot.get(text, f.norm); l != nil {
		l.addTo(f.docs, to)
		return nil
	}
	if n := f.terms[term].GetCardinality(); n >= f.view.index.hot.least && n <= maxHotDocuments && hot.wanted(text) {
		l, err := f.decode(term)
		if err != nil {
			return err
		}
		hot.keep(text, l, &f.view.index.hot, f.view.segments)
		l.addTo(f.docs, to)
		return nil
	}
	return f.eachPack(term, f.docs, func(i int, weight float64) { to[i] += weight })
}

// addTo adds the weights of documents, both in order.
func (l *hotList) addTo(docs []uint32, to []float64) {
	at := 0
	for i, doc := range docs {
		if at < len(l.docs) && l.docs[at] < doc {
			at = seek(l.docs, at, doc)
		}
		if at == len(l.docs) {
			return
		}
		if l.docs[at] == doc {
			to[i] += l.weight[at]
			at++
		}
	}
}

// decode reads a term's postings to the end.
func (f *frequencies) decode(term int) (*hotList, error) {
	docs := f.terms[term].ToArray()
	l := &hotList{docs: docs, weight: make([]float64, len(docs)), norms: f.norm}
	return l, f.eachPack(term, docs, func(i int, weight float64) { l.weight[i] += weight })
}

// eachPack calls fn with the place in docs and the weight of each document that
// holds the term, once for each pack.
func (f *frequencies) eachPack(term int, docs []uint32, fn func(i int, weight float64)) error {
	for pack := range f.dicts {
		found, err := f.read(term, pack, docs)
		if err != nil {
			return err
		}
		// A loop of its own: lengths lie far apart, and so the processor fetches many
		// at a time.
		for _, h := range found {
			fn(h.at, f.norm.frequency(pack, h.packed, f.segment.cols.lengthsOf(docs[h.at])))
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

// read finds which documents hold the term in a pack. The result is valid until the
// next call.
func (f *frequencies) read(term, pack int, docs []uint32) ([]holding, error) {
	list := f.lists[term*len(f.dicts)+pack]
	n := list.Count()
	if n == 0 {
		return nil, nil
	}
	found := f.scratch.holdings[:0]
	it := list.Iterator(true, false, false, f.freqs)
	f.freqs = it
	dense := n <= denseList*uint64(len(docs))
	for i := 0; i < len(docs); {
		var p segment.Posting
		var err error
		if dense {
			p, err = it.Next()
		} else {
			p, err = it.Advance(uint64(docs[i]))
		}
		if err != nil {
			return nil, fmt.Errorf("read postings: %w", err)
		}
		if p == nil {
			break
		}
		doc := uint32(p.Number())
		if i = seek(docs, i, doc); i < len(docs) && docs[i] == doc {
			found = append(found, holding{i, p.Frequency()})
			i++
		}
	}
	f.scratch.holdings = found
	return found, nil
}
