package search

import (
	"fmt"
	"slices"

	index "github.com/blevesearch/bleve_index_api"
	segment "github.com/blevesearch/scorch_segment_api/v2"

	"github.com/aisle-search/aisle/search/analysis"
	"github.com/aisle-search/aisle/search/layout"
	"github.com/aisle-search/aisle/search/rank"
	"github.com/aisle-search/aisle/search/snapshot"
)

// maxPrefixTerms bounds how many terms a prefix stands for.
const maxPrefixTerms = 64

// textPlan is an analysed query text, ready to be matched against a view.
type textPlan struct {
	concepts []conceptPlan
	terms    []string // distinct
	required int      // concepts that are not optional
	code     bool     // all of them are parts of codes
}

type conceptPlan struct {
	surface  string
	optional bool
	variants []variantPlan
}

type variantPlan struct {
	terms  []int // into textPlan.terms; a product must hold all
	weight float64
}

// planText analyses text for a view. A text without a word gives no concepts.
func planText(v *snapshot.View, text string) (*textPlan, error) {
	lex := &viewLexicon{view: v}
	concepts := v.Generation.Analyzer.Query(text, lex)
	if lex.err != nil {
		return nil, lex.err
	}
	p := &textPlan{code: true}
	ordinals := map[string]int{}
	ordinal := func(term string) int {
		n, ok := ordinals[term]
		if !ok {
			n = len(p.terms)
			ordinals[term] = n
			p.terms = append(p.terms, term)
		}
		return n
	}
	for _, c := range concepts {
		cp := conceptPlan{surface: c.Surface, optional: c.Optional}
		for _, variant := range c.Variants {
			if variant.Prefix {
				expanded, err := expandPrefix(v, variant.Terms[0])
				if err != nil {
					return nil, err
				}
				for _, t := range expanded {
					cp.variants = append(cp.variants, variantPlan{terms: []int{ordinal(t)}, weight: variant.Weight})
				}
				continue
			}
			vp := variantPlan{weight: variant.Weight}
			for _, t := range variant.Terms {
				vp.terms = append(vp.terms, ordinal(t))
			}
			cp.variants = append(cp.variants, vp)
		}
		if !c.Optional {
			p.required++
			p.code = p.code && c.Code
		}
		p.concepts = append(p.concepts, cp)
	}
	return p, nil
}

// viewLexicon knows which terms live products hold.
type viewLexicon struct {
	view *snapshot.View
	err  error
}

var _ analysis.Lexicon = (*viewLexicon)(nil)

func (l *viewLexicon) Has(term string) bool {
	if l.err != nil {
		return false
	}
	has, err := l.view.HasTerm(term, func() (bool, error) { return lookUp(l.view, term) })
	l.err = err
	return has
}

// lookUp tells whether a live product holds the term in a text field.
func lookUp(v *snapshot.View, term string) (bool, error) {
	key := []byte(term)
	for _, s := range v.Segments {
		if has, err := holdsTerm(s, key, v.Generation.Schema.Packs); has || err != nil {
			return has, err
		}
	}
	return false, nil
}

// expandPrefix gives the first maxPrefixTerms terms, in order, that begin with
// prefix and that live products hold.
func expandPrefix(v *snapshot.View, prefix string) ([]string, error) {
	var all []string
	start := []byte(prefix)
	for _, s := range v.Segments {
		for _, pack := range v.Generation.Schema.Packs {
			n := 0
			err := layout.Scan(s.Bleve, pack, start, layout.PrefixEnd(start), func(dict segment.TermDictionary, e *index.DictEntry) (bool, error) {
				if s.Deleted != nil {
					list, err := dict.PostingsList([]byte(e.Term), s.Deleted, nil)
					if err != nil {
						return false, err
					}
					if list.Count() == 0 {
						return true, nil
					}
				}
				all = append(all, e.Term)
				n++
				return n < maxPrefixTerms, nil
			})
			if err != nil {
				return nil, fmt.Errorf("expand prefix: %w", err)
			}
		}
	}
	slices.Sort(all)
	all = slices.Compact(all)
	return all[:min(len(all), maxPrefixTerms)], nil
}

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
func matchText(v *snapshot.View, plan *textPlan, match int, sc *scratch) (m *textMatches, err error) {
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
func (m *textMatches) strictness(sc *scratch) int {
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
		sc.fit(s.Columns.Documents)
		m.segments[i].reader.count(m.plan, sc)
		sc.eachTouched(func(doc uint32) {
			if !s.IsDead(doc) {
				holding[sc.count[doc]]++
			}
			sc.count[doc] = 0
		})
	}
	for products := holding[n]; n > 1 && products < enough; products += holding[n] {
		n--
	}
	return n
}
