package scratch

import (
	"math/bits"
	"sync"
)

// Memory is working memory of one search. Between uses all counts are zero and
// nothing is touched.
type Memory struct {
	// Lists are cut from these; they live until the search ends.
	docArena   []uint32
	floatArena []float64
	byteArena  []uint8
	Holdings   []Holding   // for who reads postings
	numbers    [][]float64 // spare ones, see TakeNumbers

	docs    int
	Count   []uint8     // by document, see Touch
	touched []uint64    // bit set of documents
	Buffer  [256]uint32 // for who reads sets of documents

	// A block of candidates, those that pass the filters, those that fail only one, and
	// the verdict on each.
	Block    [BlockDocuments]uint32
	Passed   [BlockDocuments]uint32
	Failed   [BlockDocuments]uint32
	Verdicts [BlockDocuments]uint8
}

// BlockDocuments is how many candidates go through each step together: their
// documents stay in the nearest cache, and each step reads one column.
const BlockDocuments = 1024

// Holding is a document that holds a term.
type Holding struct {
	At     int    // its place among the documents asked for
	Packed uint64 // see package layout
}

// Pool re-uses working memory between searches.
type Pool struct{ pool sync.Pool }

// Get gives working memory for one search.
func (p *Pool) Get() *Memory {
	if s, ok := p.pool.Get().(*Memory); ok {
		return s
	}
	return &Memory{}
}

// maxSpare is how many lists of numbers are kept: one for each facet of a query.
const maxSpare = 50

// maxArena is how many entries of an arena are kept for the next search.
const maxArena = 1 << 20

// Put takes s back. No list that was cut from it may be used afterwards.
func (p *Pool) Put(s *Memory) {
	if cap(s.docArena) > maxArena || cap(s.floatArena) > maxArena {
		s.docArena, s.floatArena, s.byteArena, s.Holdings = nil, nil, nil, nil
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

// TakeNumbers gives an empty list of numbers; GiveNumbers takes it back.
func (s *Memory) TakeNumbers() []float64 {
	if n := len(s.numbers); n > 0 {
		list := s.numbers[n-1]
		s.numbers = s.numbers[:n-1]
		return list
	}
	return nil
}

// GiveNumbers keeps a list for the next search.
func (s *Memory) GiveNumbers(list []float64) {
	if cap(list) > 0 && cap(list) <= maxArena && len(s.numbers) < maxSpare {
		s.numbers = append(s.numbers, list[:0])
	}
}

// Documents cuts an empty list with room for n.
func (s *Memory) Documents(n int) []uint32 { return carve(&s.docArena, n) }

// Bytes cuts an empty list with room for n.
func (s *Memory) Bytes(n int) []uint8 { return carve(&s.byteArena, n) }

// Zeros cuts n zeros.
func (s *Memory) Zeros(n int) []float64 {
	z := carve(&s.floatArena, n)[:n]
	clear(z)
	return z
}

// Fit makes room for a segment of so many documents.
func (s *Memory) Fit(docs int) {
	s.docs = docs
	if docs > len(s.Count) {
		n := docs + docs/4
		s.Count, s.touched = make([]uint8, n), make([]uint64, n/64+1)
	}
}

// Touch counts a document.
func (s *Memory) Touch(doc uint32) {
	s.Count[doc]++
	s.touched[doc>>6] |= 1 << (doc & 63)
}

// TouchedDocuments tells how many documents were touched.
func (s *Memory) TouchedDocuments() (n int) {
	for _, w := range s.touched[:(s.docs+63)/64] {
		n += bits.OnesCount64(w)
	}
	return n
}

// EachTouched calls fn for each touched document in order and untouches it.
func (s *Memory) EachTouched(fn func(doc uint32)) {
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
