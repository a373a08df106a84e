package search

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"
)

// execution is one search on one view.
type execution struct {
	view    *View
	query   *Query
	profile *Profile
	instant time.Time
	match   int // required concepts to match; 0 when browsing

	filters []filterPlan
	bound   [][]segmentFilter // by filter, by segment
	facets  []*facetPlan
	auto    *autoFacets // nil unless asked for
	page    page
	text    *textMatches // nil when browsing
	total   int
}

// run walks all candidates once: filters, counts, total and the page's best.
func (e *execution) run(ctx context.Context) error {
	for _, f := range e.filters {
		b, err := f.bind(e.view)
		if err != nil {
			return fmt.Errorf("bind filter: %w", err)
		}
		e.bound = append(e.bound, b)
	}
	for _, f := range e.facets {
		if err := f.bind(e.view); err != nil {
			return fmt.Errorf("bind facet: %w", err)
		}
	}
	if e.browses() {
		return e.browse()
	}
	for i, s := range e.view.segments {
		if err := ctx.Err(); err != nil {
			return err
		}
		w, err := e.walk(i, s)
		if err != nil {
			return err
		}
		if e.text == nil {
			for doc := range uint32(s.cols.docs) {
				if !s.isDead(doc) {
					w.visit(doc, 1, 0)
				}
			}
			continue
		}
		m := &e.text.segments[i]
		for n, doc := range m.docs {
			if matched := int(m.matched[n]); matched >= e.match {
				w.visit(doc, m.score[n]*coverage(matched, e.text.plan.required), matched)
			}
		}
	}
	return nil
}

// walker visits the candidates of one segment.
type walker struct {
	*execution
	number   int
	segment  *segmentView
	filters  []segmentFilter
	released *numberColumn
	byNumber *numberColumn
	byText   *sortColumn
	names    *namesColumn
	best     float64 // the largest product of factors
}

func (e *execution) walk(i int, s *segmentView) (*walker, error) {
	w := &walker{execution: e, number: i, segment: s, released: s.cols.numbers[dateField], best: e.profile.most()}
	for _, b := range e.bound {
		w.filters = append(w.filters, b[i])
	}
	if e.page.plan.text {
		w.byText = s.cols.sorts[e.page.plan.field]
	} else {
		w.byNumber = s.cols.numbers[e.page.plan.field]
	}
	if e.auto != nil {
		var err error
		if w.names, err = s.attributeNames(); err != nil {
			return nil, err
		}
	}
	return w, nil
}

// visit counts and collects one candidate. A product that fails one filter only
// still counts in the facet of that filter's field.
func (w *walker) visit(doc uint32, text float64, matched int) {
	failed := -1
	for i := range w.filters {
		if w.filters[i].accepts(doc) {
			continue
		}
		if failed >= 0 {
			return
		}
		failed = i
	}
	if w.query.InStock && !w.view.signals.at(w.segment.cols.ordinals[doc]).buyable() {
		return
	}
	for _, f := range w.facets {
		if failed < 0 || failed == f.filter {
			f.count(w.number, doc)
		}
	}
	if failed >= 0 {
		return
	}
	w.total++
	if w.auto != nil {
		w.auto.count(w.names, doc)
	}
	if w.hopeless(text, matched) {
		return
	}
	w.page.offer(candidate{key: w.key(doc, text, matched), segment: w.number, doc: doc, text: text})
}

// hopeless tells whether the page is full of products that this one cannot come
// before whatever its factors: then they need not be computed.
func (w *walker) hopeless(text float64, matched int) bool {
	p := &w.page
	if p.plan.field != "" || p.plan.available || p.backward || len(p.heap) < p.limit || p.limit == 0 {
		return false
	}
	worst := &p.heap[0].key
	return matched < worst.tier || matched == worst.tier && text*w.best < worst.number
}

// key is what the product is ordered by.
func (w *walker) key(doc uint32, text float64, matched int) sortKeyValue {
	var k sortKeyValue
	switch {
	case w.page.plan.field == "":
		k = sortKeyValue{tier: matched, number: w.score(doc, text)}
	case w.page.plan.text:
		if w.byText == nil || w.byText.rank[doc] == 0 {
			k.missing = true
		} else {
			k.text = w.byText.key(doc)
		}
	case w.byNumber == nil:
		k.missing = true
	default:
		k = numberKey(w.byNumber.at(doc, w.page.plan.desc))
	}
	if w.page.plan.available {
		s := w.view.signals.at(w.segment.cols.ordinals[doc])
		k.soldOut = s.tracked && s.stock <= 0
	}
	return k
}

// at is the number that a product is sorted by: the smallest it has, or the
// largest when descending.
func (c *numberColumn) at(doc uint32, desc bool) float64 {
	if desc && c.multi != nil {
		if many := c.multi[doc]; many != nil {
			return many[len(many)-1]
		}
	}
	return c.single[doc]
}

func (w *walker) score(doc uint32, text float64) float64 {
	return text * w.factors(doc).product()
}

func (w *walker) factors(doc uint32) factors {
	released := math.NaN()
	if w.released != nil {
		released = w.released.single[doc]
	}
	return w.profile.factors(released, w.view.signals.at(w.segment.cols.ordinals[doc]), w.instant)
}

// facetResults makes the facets asked for, in the order asked for, then those
// chosen automatically.
func (e *execution) facetResults() []Facet {
	if e.browses() {
		return e.facetsOfAll()
	}
	out := make([]Facet, 0, len(e.facets))
	for _, f := range e.facets {
		out = append(out, f.result(e.view, e.filters))
	}
	return out
}

// autoFacets counts how many products of the result have each attribute.
type autoFacets struct{ byName map[string]*int }

func (a *autoFacets) count(names *namesColumn, doc uint32) {
	for _, n := range names.lists[names.starts[doc]:names.starts[doc+1]] {
		name := names.names[n]
		c := a.byName[name]
		if c == nil {
			c = new(int)
			a.byName[name] = c
		}
		*c++
	}
}

// Bounds of automatic facets: so many candidates are counted, so many chosen.
const (
	autoCandidates = 16
	autoChosen     = 6
)

// candidates are the names that most products of the result have.
func (a *autoFacets) candidates() []string {
	names := make([]string, 0, len(a.byName))
	for name := range a.byName {
		names = append(names, name)
	}
	slices.SortFunc(names, func(x, y string) int {
		if d := *a.byName[y] - *a.byName[x]; d != 0 {
			return d
		}
		if x < y {
			return -1
		}
		return 1
	})
	return names[:min(len(names), autoCandidates)]
}

// describes rates how well a facet divides a result of total products: the share
// of products that have it, times how evenly few values share them.
func describes(f *Facet, total int) float64 {
	if f.Kind != "terms" || len(f.Values) < 2 || total == 0 {
		return 0
	}
	var listed, entropy float64
	for _, v := range f.Values {
		listed += float64(v.Count)
	}
	for _, v := range f.Values {
		if v.Count > 0 {
			p := float64(v.Count) / listed
			entropy -= p * math.Log2(p)
		}
	}
	return listed / float64(total) * math.Min(entropy, 3)
}
