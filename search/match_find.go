package search

import (
	"github.com/aisle-search/aisle/search/rank"
	"github.com/aisle-search/aisle/search/scratch"
	"github.com/aisle-search/aisle/search/snapshot"
)

// textMatches is what a text matches in a view. Close it.
type textMatches struct {
	plan     *textPlan
	view     *snapshot.View
	match    int       // required concepts that a product must hold
	idf      []float64 // by concept
	df       []int     // by concept: products that hold it
	segments []segmentMatches
}

// segmentMatches is what a text matches in one segment: every live document that
// holds enough of the required concepts, in order.
type segmentMatches struct {
	reader  *termReader
	docs    []uint32
	matched []uint8 // required concepts held; nil: all of them by all
}

// close gives back what the matches read with.
func (m *textMatches) close() {
	for i := range m.segments {
		if r := m.segments[i].reader; r != nil {
			m.view.Segments[i].Columns.Readers.Put(r)
			m.segments[i].reader = nil
		}
	}
}

// enough is how many products strict matching must find not to be relaxed.
const enough = 10

// matchText finds the products that hold at least match required concepts. With
// match 0 that is all of them, or fewer, one less at a time, while less than enough
// products do; where all of them are parts of a code, one product is enough. Filters
// do not count, so that choosing one never changes what the text means.
//
// Sets of documents alone decide how many concepts must be held and how rare each
// of them is; frequencies are read later, of those products only whose score
// matters.
func matchText(v *snapshot.View, plan *textPlan, match int, sc *scratch.Memory) (m *textMatches, err error) {
	m = &textMatches{plan: plan, view: v, match: min(match, plan.required), segments: make([]segmentMatches, len(v.Segments)),
		df: make([]int, len(plan.concepts)), idf: make([]float64, len(plan.concepts))}
	defer func() {
		if err != nil {
			m.close()
		}
	}()
	for i, s := range v.Segments {
		r, err := openTerms(s, v.Generation.Schema.Packs)
		if err != nil {
			return nil, err
		}
		m.segments[i].reader = r
		if err := r.read(plan, s.Deleted); err != nil {
			return nil, err
		}
		for c := range plan.concepts {
			m.df[c] += r.live(r.concepts[c])
		}
	}
	for c := range m.idf {
		m.idf[c] = rank.IDF(v.Documents, m.df[c])
	}
	if match == 0 {
		m.match = m.strictness(sc)
	}
	for i := range m.segments {
		m.segments[i].find(plan, m.match, v.Segments[i], sc)
	}
	return m, nil
}

// strictness is how many required concepts products must hold, see matchText.
func (m *textMatches) strictness(sc *scratch.Memory) int {
	n := m.plan.required
	if n <= 1 {
		return n
	}
	strict := 0
	for i := range m.segments {
		r := m.segments[i].reader
		strict += r.live(r.all(m.plan))
	}
	if strict >= enough || strict > 0 && m.plan.code {
		return n
	}
	holding := make([]int, n+1) // products by how many they hold
	for i := range m.segments {
		s := m.view.Segments[i]
		sc.Fit(s.Columns.Documents)
		m.segments[i].reader.count(m.plan, sc)
		sc.EachTouched(func(doc uint32) {
			if !s.IsDead(doc) {
				holding[sc.Count[doc]]++
			}
			sc.Count[doc] = 0
		})
	}
	for products := holding[n]; n > 1 && products < enough; products += holding[n] {
		n--
	}
	return n
}

// find lists the live documents that hold at least match of the required concepts.
func (m *segmentMatches) find(plan *textPlan, match int, s *snapshot.Segment, sc *scratch.Memory) {
	if match >= plan.required {
		docs := m.reader.all(plan)
		if docs == nil {
			return
		}
		m.docs = sc.Documents(int(docs.GetCardinality()))
		eachDocument(docs, sc, func(doc uint32) {
			if !s.IsDead(doc) {
				m.docs = append(m.docs, doc)
			}
		})
		return
	}
	sc.Fit(s.Columns.Documents)
	m.reader.count(plan, sc)
	n := sc.TouchedDocuments()
	m.docs, m.matched = sc.Documents(n), sc.Bytes(n)
	sc.EachTouched(func(doc uint32) {
		if held := sc.Count[doc]; int(held) >= match && !s.IsDead(doc) {
			m.docs = append(m.docs, doc)
			m.matched = append(m.matched, held)
		}
		sc.Count[doc] = 0
	})
}
