package search

import (
	"math"
	"math/bits"
	"sync"
)

// scratch is working memory of one search. Between uses all sums and counts are
// zero and nothing is touched.
type scratch struct {
	// Lists are cut from these; they live until the search ends.
	docArena  []uint32
	freqArena []float64
	byteArena []uint8

	docs    int
	sum     []float64 // by document
	count   []uint8   // by document
	touched []uint64  // bit set of documents
}

// scratches re-uses working memory between searches.
type scratches struct{ pool sync.Pool }

func (p *scratches) get() *scratch {
	if s, ok := p.pool.Get().(*scratch); ok {
		return s
	}
	return &scratch{}
}

// maxArena is how many entries of an arena are kept for the next search.
const maxArena = 1 << 20

// put takes s back. No list that was cut from it may be used afterwards.
func (p *scratches) put(s *scratch) {
	if cap(s.docArena) > maxArena {
		s.docArena, s.freqArena, s.byteArena = nil, nil, nil
	}
	s.docArena, s.freqArena, s.byteArena = s.docArena[:0], s.freqArena[:0], s.byteArena[:0]
	p.pool.Put(s)
}

// list cuts an empty list with room for n from the arenas.
func (s *scratch) list(n int) matchList {
	return matchList{docs: carve(&s.docArena, n), freq: carve(&s.freqArena, n)}
}

// carve cuts an empty slice with room for n from an arena. When the arena is too
// small a new one takes its place; what was cut before keeps the old.
func carve[T any](arena *[]T, n int) []T {
	if cap(*arena)-len(*arena) < n {
		*arena = make([]T, 0, max(n, 2*cap(*arena), 4096))
	}
	from := len(*arena)
	*arena = (*arena)[:from+n]
	return (*arena)[from : from : from+n]
}

// fit makes room for a segment of so many documents.
func (s *scratch) fit(docs int) {
	s.docs = docs
	if docs > len(s.sum) {
		n := docs + docs/4
		s.sum, s.count, s.touched = make([]float64, n), make([]uint8, n), make([]uint64, n/64+1)
	}
}

func (s *scratch) add(doc uint32, x float64) {
	s.sum[doc] += x
	s.touched[doc>>6] |= 1 << (doc & 63)
}

func (s *scratch) max(doc uint32, x float64) {
	s.sum[doc] = math.Max(s.sum[doc], x)
	s.touched[doc>>6] |= 1 << (doc & 63)
}

// eachTouched calls fn for each touched document in order and untouches it.
func (s *scratch) eachTouched(fn func(doc uint32)) {
	for i, w := range s.touched[:(s.docs+63)/64] {
		if w == 0 {
			continue
		}
		s.touched[i] = 0
		for ; w != 0; w &= w - 1 {
			fn(uint32(i<<6 + bits.TrailingZeros64(w)))
		}
	}
}

// drain takes the touched documents and their sums, and clears them.
func (s *scratch) drain() matchList {
	n := 0
	for _, w := range s.touched[:(s.docs+63)/64] {
		n += bits.OnesCount64(w)
	}
	if n == 0 {
		return matchList{}
	}
	l := s.list(n)
	s.eachTouched(func(doc uint32) {
		l.docs = append(l.docs, doc)
		l.freq = append(l.freq, s.sum[doc])
		s.sum[doc] = 0
	})
	return l
}

// concept merges the lists of a concept's variants: the best variant counts.
func (s *scratch) concept(seg *segmentView, c *conceptPlan, lists []matchList) matchList {
	if len(c.variants) == 1 && len(c.variants[0].terms) == 1 && c.variants[0].weight == 1 {
		return lists[c.variants[0].terms[0]]
	}
	s.fit(seg.cols.docs)
	for _, v := range c.variants {
		if len(v.terms) == 1 {
			l := lists[v.terms[0]]
			for i, doc := range l.docs {
				s.max(doc, v.weight*l.freq[i])
			}
			continue
		}
		s.intersect(v, lists)
	}
	return s.drain()
}

// intersect notes the documents that hold all terms of a variant, with the least
// of their frequencies.
func (s *scratch) intersect(v variantPlan, lists []matchList) {
	if len(v.terms) == 0 {
		return
	}
	shortest := v.terms[0]
	for _, t := range v.terms[1:] {
		if len(lists[t].docs) < len(lists[shortest].docs) {
			shortest = t
		}
	}
	at := make([]int, len(v.terms))
next:
	for i, doc := range lists[shortest].docs {
		least := lists[shortest].freq[i]
		for n, t := range v.terms {
			l := lists[t]
			at[n] = seek(l.docs, at[n], doc)
			if at[n] == len(l.docs) {
				return
			}
			if l.docs[at[n]] != doc {
				continue next
			}
			least = math.Min(least, l.freq[at[n]])
		}
		s.max(doc, v.weight*least)
	}
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
