package search

import (
	"math/bits"
	"sync"

	"github.com/aisle-search/aisle/search/facet"
)

// scratch is working memory of one search. Between uses all counts are zero and
// nothing is touched.
type scratch struct {
	// Lists are cut from these; they live until the search ends.
	docArena   []uint32
	floatArena []float64
	byteArena  []uint8
	holdings   []holding   // of frequencies.read
	numbers    [][]float64 // spare ones, see Plan

	docs    int
	count   []uint8  // by document
	touched []uint64 // bit set of documents
	buf     [256]uint32

	// Blocks of candidates, see walker.visit.
	block, passed, failed [blockDocuments]uint32
	verdicts              [blockDocuments]uint8
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
	if cap(s.docArena) > maxArena || cap(s.floatArena) > maxArena {
		s.docArena, s.floatArena, s.byteArena, s.holdings = nil, nil, nil, nil
	}
	s.docArena, s.floatArena, s.byteArena = s.docArena[:0], s.floatArena[:0], s.byteArena[:0]
	p.pool.Put(s)
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

// takeNumbers gives an empty list of numbers; giveNumbers takes it back.
func (s *scratch) takeNumbers() []float64 {
	if n := len(s.numbers); n > 0 {
		list := s.numbers[n-1]
		s.numbers = s.numbers[:n-1]
		return list
	}
	return nil
}

func (s *scratch) giveNumbers(list []float64) {
	if cap(list) > 0 && cap(list) <= maxArena && len(s.numbers) < facet.Max {
		s.numbers = append(s.numbers, list[:0])
	}
}

// zeros cuts n zeros.
func (s *scratch) zeros(n int) []float64 {
	z := carve(&s.floatArena, n)[:n]
	clear(z)
	return z
}

// fit makes room for a segment of so many documents.
func (s *scratch) fit(docs int) {
	s.docs = docs
	if docs > len(s.count) {
		n := docs + docs/4
		s.count, s.touched = make([]uint8, n), make([]uint64, n/64+1)
	}
}

// touchedDocuments counts them.
func (s *scratch) touchedDocuments() (n int) {
	for _, w := range s.touched[:(s.docs+63)/64] {
		n += bits.OnesCount64(w)
	}
	return n
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
