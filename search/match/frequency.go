package match

import (
	"fmt"
	"math"
	"slices"

	segment "github.com/blevesearch/scorch_segment_api/v2"

	"github.com/aisle-search/aisle/search/rank"
	"github.com/aisle-search/aisle/search/scratch"
	"github.com/aisle-search/aisle/search/snapshot"
)

// frequencies finds how often documents of a segment hold concepts.
type frequencies struct {
	*reader
	plan    *Plan
	view    *snapshot.View
	segment *snapshot.Segment
	docs    []uint32
	norm    *rank.Norms
	scratch *scratch.Memory

	sum         []float64 // of the concept, by place in docs; 0 where it is not held
	term, least []float64 // working memory of concept
}

func (m *Matches) frequencies(segment int, sc *scratch.Memory) *frequencies {
	r := m.Segments[segment].reader
	r.hot, r.at = slices.Grow(r.hot[:0], len(r.terms))[:len(r.terms)], slices.Grow(r.at[:0], len(r.terms))[:len(r.terms)]
	clear(r.hot)
	clear(r.at)
	return &frequencies{reader: r, plan: m.Plan, view: m.view, segment: m.view.Segments[segment], norm: m.norms, scratch: sc}
}

// room makes room for so many documents at a time.
func (f *frequencies) room(docs int) {
	f.sum, f.term, f.least = f.scratch.Zeros(docs), f.scratch.Zeros(docs), f.scratch.Zeros(docs)
}

// take sets the documents that are looked at next.
func (f *frequencies) take(docs []uint32) {
	f.docs, f.sum, f.term, f.least = docs, f.sum[:len(docs)], f.term[:len(docs)], f.least[:len(docs)]
}

// findHot finds the decoded postings, and tells whether those of all terms are there.
func (f *frequencies) findHot() bool {
	all := true
	for t, docs := range f.terms {
		if docs == nil {
			continue
		}
		f.hot[t] = f.segment.Columns.Hot.Get(f.plan.Terms[t], f.norm)
		all = all && f.hot[t] != nil
	}
	return all
}

// concept fills in sum: the best variant counts; of a variant of several terms,
// the rarest term in the document.
func (f *frequencies) concept(c *concept) error {
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
func (f *frequencies) absent(v variant) bool {
	for _, t := range v.terms {
		if f.terms[t] == nil {
			return true
		}
	}
	return len(v.terms) == 0
}

// add adds the weighted frequencies of a term.
func (f *frequencies) add(term int, to []float64) error {
	if l := f.hot[term]; l != nil {
		f.at[term] = addTo(l, f.docs, to, f.at[term])
		return nil
	}
	hot, text := &f.segment.Columns.Hot, f.plan.Terms[term]
	current := f.norm == f.view.Norms // others are not worth keeping
	if n := f.terms[term].GetCardinality(); current && f.view.Generation.Hot.Worth(n) && hot.Wanted(text) {
		l, err := f.decode(term)
		if err != nil {
			return err
		}
		hot.Keep(text, l, &f.view.Generation.Hot, f.view.Segments)
		addTo(l, f.docs, to, 0)
		return nil
	}
	return f.eachPack(term, f.docs, func(i int, weight float64) { to[i] += weight })
}

// addTo adds the weights of documents, both in order, from a place in the list on. It
// gives the place where it ended.
func addTo(l *snapshot.HotList, docs []uint32, to []float64, at int) int {
	held, weight := l.Docs, l.Weight
	for i, doc := range docs {
		if at < len(held) && held[at] < doc {
			at = seek(held, at, doc)
		}
		if at == len(held) {
			break
		}
		if held[at] == doc {
			to[i] += weight[at]
			at++
		}
	}
	return at
}

// decode reads a term's postings to the end.
func (f *frequencies) decode(term int) (*snapshot.HotList, error) {
	docs := f.terms[term].ToArray()
	l := snapshot.NewHotList(docs, f.norm)
	return l, f.eachPack(term, docs, func(i int, weight float64) { l.Weight[i] += weight })
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
			fn(h.At, f.norm.Frequency(pack, h.Packed, f.segment.Columns.LengthsOf(docs[h.At])))
		}
	}
	return nil
}

// denseList is how many times as long as the documents asked for a list may be to
// be read from end to end; from a longer one only those are looked up.
const denseList = 4

// read finds which documents hold the term in a pack. The result is valid until the
// next call.
func (f *frequencies) read(term, pack int, docs []uint32) ([]scratch.Holding, error) {
	list := f.lists[term*len(f.dicts)+pack]
	n := list.Count()
	if n == 0 {
		return nil, nil
	}
	found := f.scratch.Holdings[:0]
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
			found = append(found, scratch.Holding{At: i, Packed: p.Frequency()})
			i++
		}
	}
	f.scratch.Holdings = found
	return found, nil
}

// seek finds the first place at or after from whose document is not below doc.
func seek(docs []uint32, from int, doc uint32) int {
	step := 1
	hi := from
	for hi < len(docs) && docs[hi] < doc {
		from = hi + 1
		hi += step
		step *= 2
	}
	hi = min(hi, len(docs))
	for from < hi {
		mid := (from + hi) / 2
		if docs[mid] < doc {
			from = mid + 1
		} else {
			hi = mid
		}
	}
	return from
}
