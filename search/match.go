package search

import (
	"fmt"
	"math"
	"math/bits"
	"slices"

	index "github.com/blevesearch/bleve_index_api"
	segment "github.com/blevesearch/scorch_segment_api/v2"

	"github.com/aisle-search/aisle/search/analysis"
)

// Parameters of BM25F: how fast a term's weight saturates, and how much a
// field's length counts.
const (
	bm25K1 = 0.6
	bm25B  = 0.4
)

// maxPrefixTerms bounds how many terms a prefix stands for.
const maxPrefixTerms = 64

// textPlan is an analysed query text, ready to be matched against a view.
type textPlan struct {
	concepts []conceptPlan
	terms    []string // distinct
	required int      // concepts that are not optional
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
func (v *View) planText(text string) (*textPlan, error) {
	lex := &viewLexicon{view: v}
	concepts := v.index.analyzer.Query(text, lex)
	if lex.err != nil {
		return nil, lex.err
	}
	p := &textPlan{}
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
				expanded, err := v.expandPrefix(variant.Terms[0])
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
		}
		p.concepts = append(p.concepts, cp)
	}
	return p, nil
}

// viewLexicon knows which terms live products hold.
type viewLexicon struct {
	view *View
	err  error
}

var _ analysis.Lexicon = (*viewLexicon)(nil)

func (l *viewLexicon) Has(term string) bool {
	if l.err != nil {
		return false
	}
	has, err := l.view.hasTerm(term)
	l.err = err
	return has
}

// maxTermsKept bounds the look-ups that a view remembers.
const maxTermsKept = 1 << 14

// hasTerm tells whether a live product holds the term in a text field.
func (v *View) hasTerm(term string) (bool, error) {
	if has, ok := v.terms.Load(term); ok {
		return has.(bool), nil
	}
	key := []byte(term)
	has := false
	for _, s := range v.segments {
		var err error
		if has, err = s.holds(key, v.index.schema.texts); err != nil {
			return false, err
		}
		if has {
			break
		}
	}
	if v.termsKept.Add(1) <= maxTermsKept {
		v.terms.Store(term, has)
	}
	return has, nil
}

// expandPrefix gives the first maxPrefixTerms terms, in order, that begin with
// prefix and that live products hold.
func (v *View) expandPrefix(prefix string) ([]string, error) {
	var all []string
	start := []byte(prefix)
	for _, s := range v.segments {
		for i := range v.index.schema.texts {
			n := 0
			err := scanTerms(s.segment, v.index.schema.texts[i].bleve, start, prefixEnd(start), func(dict segment.TermDictionary, e *index.DictEntry) (bool, error) {
				if s.deleted != nil {
					list, err := dict.PostingsList([]byte(e.Term), s.deleted, nil)
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

// matchList is the documents of a segment that hold a term or concept, in order,
// with their weighted frequency.
type matchList struct {
	docs []uint32
	freq []float64
}

// textMatches is what a text matches in a view.
type textMatches struct {
	plan     *textPlan
	idf      []float64 // by concept
	df       []int     // by concept
	segments []segmentMatches
	// atLeast counts products that match that many required concepts or more.
	atLeast []int
}

// segmentMatches is what a text matches in one segment: every document that
// matches a required concept, in order.
type segmentMatches struct {
	concepts []matchList
	docs     []uint32
	score    []float64 // text score before coverage
	matched  []uint8   // required concepts matched
}

// matchText finds and scores all products that hold a required concept.
func (v *View) matchText(plan *textPlan, sc *scratch) (*textMatches, error) {
	m := &textMatches{plan: plan, segments: make([]segmentMatches, len(v.segments)),
		df: make([]int, len(plan.concepts)), idf: make([]float64, len(plan.concepts))}
	norms := make([]*normTable, len(v.index.schema.texts))
	for i := range norms {
		norms[i] = &normTable{weight: v.index.schema.texts[i].Weight, mean: v.means[i]}
	}
	for i, s := range v.segments {
		tm := termMatcher{view: v, seg: s, sc: sc, norm: norms}
		sm := &m.segments[i]
		lists, err := tm.lists(plan.terms)
		if err != nil {
			return nil, err
		}
		sm.concepts = make([]matchList, len(plan.concepts))
		for c := range plan.concepts {
			sm.concepts[c] = sc.concept(s, &plan.concepts[c], lists)
			m.df[c] += len(sm.concepts[c].docs)
		}
	}
	for c := range m.idf {
		m.idf[c] = idf(v.documents, m.df[c])
	}
	m.atLeast = make([]int, plan.required+1)
	for i, s := range v.segments {
		m.score(&m.segments[i], s, sc)
		for _, n := range m.segments[i].matched {
			m.atLeast[n]++
		}
	}
	for n := plan.required - 1; n >= 0; n-- {
		m.atLeast[n] += m.atLeast[n+1]
	}
	return m, nil
}

// idf is the weight of a concept that df of n products match.
func idf(n, df int) float64 {
	return math.Log1p((float64(n-df) + 0.5) / (float64(df) + 0.5))
}

// saturate is the share of idf that a weighted frequency earns.
func saturate(x float64) float64 { return x / (bm25K1 + x) }

// coverage is the factor for products that match only some required concepts.
func coverage(matched, required int) float64 {
	if required == 0 || matched >= required {
		return 1
	}
	return float64(matched) / float64(required)
}

// termMatcher reads the postings of a segment.
type termMatcher struct {
	view    *View
	seg     *segmentView
	sc      *scratch
	readers *textReaders
	norm    []*normTable // by text field
}

func (m *termMatcher) lists(terms []string) ([]matchList, error) {
	m.sc.fit(m.seg.cols.docs)
	texts := m.view.index.schema.texts
	var err error
	if m.readers, err = m.seg.open(texts); err != nil {
		return nil, err
	}
	defer m.seg.readers.Put(m.readers)
	out := make([]matchList, len(terms))
	for i, t := range terms {
		if err := m.accumulate([]byte(t)); err != nil {
			return nil, err
		}
		out[i] = m.sc.drain()
	}
	return out, nil
}

// accumulate adds up the term's weighted frequencies over all fields.
func (m *termMatcher) accumulate(term []byte) error {
	r := m.readers
	for f, dict := range r.dicts {
		list, err := dict.PostingsList(term, m.seg.deleted, r.list)
		if err != nil {
			return fmt.Errorf("read postings: %w", err)
		}
		r.list = list
		if list.Count() == 0 {
			continue
		}
		r.iter = list.Iterator(true, false, false, r.iter)
		lengths, norm := m.seg.cols.lengths[f], m.norm[f]
		for {
			p, err := r.iter.Next()
			if err != nil {
				return fmt.Errorf("read postings: %w", err)
			}
			if p == nil {
				break
			}
			doc := uint32(p.Number())
			m.sc.add(doc, norm.frequency(p.Frequency(), lengths[doc]))
		}
	}
	return nil
}

// normTable weighs frequencies by a field's weight and length.
type normTable struct {
	weight, mean float64
	short        [256]float64 // what one occurrence weighs, by length; 0: not known yet
}

func (n *normTable) frequency(tf uint64, length uint16) float64 {
	if length < uint16(len(n.short)) {
		one := n.short[length]
		if one == 0 {
			one = n.one(length)
			n.short[length] = one
		}
		return one * float64(tf)
	}
	return n.one(length) * float64(tf)
}

// one is what one occurrence weighs in a field of that length.
func (n *normTable) one(length uint16) float64 {
	relative := 0.0 // where texts hold nothing but variants
	if n.mean > 0 {
		relative = float64(length) / n.mean
	}
	return n.weight / (1 - bm25B + bm25B*relative)
}

// score fills in the segment's documents and scores from its concepts.
func (m *textMatches) score(sm *segmentMatches, s *segmentView, sc *scratch) {
	sc.fit(s.cols.docs)
	for c, list := range sm.concepts {
		weight := m.idf[c]
		optional := m.plan.concepts[c].optional
		for i, doc := range list.docs {
			sc.sum[doc] += weight * saturate(list.freq[i])
			if !optional {
				sc.touched[doc>>6] |= 1 << (doc & 63)
				sc.count[doc]++
			}
		}
	}
	n := 0
	for _, w := range sc.touched[:(s.cols.docs+63)/64] {
		n += bits.OnesCount64(w)
	}
	l := sc.list(n)
	sm.docs, sm.score, sm.matched = l.docs, l.freq, carve(&sc.byteArena, n)
	sc.eachTouched(func(doc uint32) {
		sm.docs = append(sm.docs, doc)
		sm.score = append(sm.score, sc.sum[doc])
		sm.matched = append(sm.matched, sc.count[doc])
		sc.sum[doc], sc.count[doc] = 0, 0
	})
	for c, list := range sm.concepts { // optional concepts alone left sums behind
		if m.plan.concepts[c].optional {
			for _, doc := range list.docs {
				sc.sum[doc] = 0
			}
		}
	}
}
