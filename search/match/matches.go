package match

import (
	"github.com/aisle-search/aisle/search/rank"
	"github.com/aisle-search/aisle/search/scratch"
	"github.com/aisle-search/aisle/search/snapshot"
)

// Matches is what a text matches in a view. Close it.
type Matches struct {
	Plan     *Plan
	view     *snapshot.View
	Match    int       // required concepts that a product must hold
	idf      []float64 // by concept
	weighed  Statistics
	norms    *rank.Norms
	Segments []Segment
}

// Statistics are the numbers of a whole catalogue that scores depend on. Every write
// moves them a little, and with them the scores of products that it does not touch.
type Statistics struct {
	Products int       `json:"n"`
	Holding  []int     `json:"d"` // products that hold a concept in any field, by concept
	Means    []float64 `json:"m"` // rounded mean lengths, by text field
}

// fit tells whether they are those of a plan, of a view with the same fields.
func (s *Statistics) fit(v *snapshot.View, plan *Plan) bool {
	return s != nil && len(s.Holding) == len(plan.concepts) && len(s.Means) == len(v.Generation.Schema.Texts)
}

// Statistics are those that scores go by.
func (m *Matches) Statistics() *Statistics { return &m.weighed }

// Segment is what a text matches in one segment: every live document that
// holds enough of the required concepts, in order.
type Segment struct {
	reader  *reader
	Docs    []uint32
	Matched []uint8 // required concepts held; nil: all of them by all
}

// Close gives back what the matches read with.
func (m *Matches) Close() {
	for i := range m.Segments {
		if r := m.Segments[i].reader; r != nil {
			m.view.Segments[i].Columns.Readers.Put(r)
			m.Segments[i].reader = nil
		}
	}
}

// enough is how many products strict matching must find not to be relaxed.
const enough = 10

// Find finds the products that hold at least match required concepts. With
// match 0 that is all of them, or fewer, one less at a time, while less than enough
// products do; where all of them are parts of a code, one product is enough. Filters
// do not count, so that choosing one never changes what the text means.
//
// Scores go by the statistics of the view, or by past ones where they are given: then a
// product that has not changed keeps the score that it had.
//
// Sets of documents alone decide how many concepts must be held and how rare each
// of them is; frequencies are read later, of those products only whose score
// matters.
func Find(v *snapshot.View, plan *Plan, match int, past *Statistics, sc *scratch.Memory) (m *Matches, err error) {
	m = &Matches{Plan: plan, view: v, Match: min(match, plan.Required), Segments: make([]Segment, len(v.Segments)),
		idf: make([]float64, len(plan.concepts)), norms: v.Norms}
	m.weighed = Statistics{Products: v.Documents, Holding: make([]int, len(plan.concepts)), Means: v.Norms.Means()}
	defer func() {
		if err != nil {
			m.Close()
		}
	}()
	for i, s := range v.Segments {
		r, err := openReader(s, v.Generation.Schema.Packs)
		if err != nil {
			return nil, err
		}
		m.Segments[i].reader = r
		if err := r.read(plan, s.Deleted); err != nil {
			return nil, err
		}
		for c := range plan.concepts {
			m.weighed.Holding[c] += r.live(r.concepts[c])
		}
	}
	if past.fit(v, plan) {
		m.weighed, m.norms = *past, rank.NormsFor(v.Generation.Schema, past.Means, v.Norms)
	}
	for c := range m.idf {
		m.idf[c] = rank.IDF(m.weighed.Products, m.weighed.Holding[c])
	}
	if match == 0 {
		m.Match = m.strictness(sc)
	}
	for i := range m.Segments {
		m.Segments[i].find(plan, m.Match, v.Segments[i], sc)
	}
	return m, nil
}

// strictness is how many required concepts products must hold, see Find.
func (m *Matches) strictness(sc *scratch.Memory) int {
	n := m.Plan.Required
	if n <= 1 {
		return n
	}
	strict := 0
	for i := range m.Segments {
		r := m.Segments[i].reader
		strict += r.live(r.all(m.Plan))
	}
	if strict >= enough || strict > 0 && m.Plan.code {
		return n
	}
	holding := make([]int, n+1) // products by how many they hold
	for i := range m.Segments {
		s := m.view.Segments[i]
		sc.Fit(s.Columns.Documents)
		m.Segments[i].reader.count(m.Plan, sc)
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
func (m *Segment) find(plan *Plan, match int, s *snapshot.Segment, sc *scratch.Memory) {
	if match >= plan.Required {
		docs := m.reader.all(plan)
		if docs == nil {
			return
		}
		m.Docs = sc.Documents(int(docs.GetCardinality()))
		eachDocument(docs, sc, func(doc uint32) {
			if !s.IsDead(doc) {
				m.Docs = append(m.Docs, doc)
			}
		})
		return
	}
	sc.Fit(s.Columns.Documents)
	m.reader.count(plan, sc)
	n := sc.TouchedDocuments()
	m.Docs, m.Matched = sc.Documents(n), sc.Bytes(n)
	sc.EachTouched(func(doc uint32) {
		if held := sc.Count[doc]; int(held) >= match && !s.IsDead(doc) {
			m.Docs = append(m.Docs, doc)
			m.Matched = append(m.Matched, held)
		}
		sc.Count[doc] = 0
	})
}
