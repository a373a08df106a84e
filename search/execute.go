package search

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/aisle-search/aisle/search/column"
	"github.com/aisle-search/aisle/search/facet"
	"github.com/aisle-search/aisle/search/filter"
	"github.com/aisle-search/aisle/search/match"
	"github.com/aisle-search/aisle/search/rank"
	"github.com/aisle-search/aisle/search/scratch"
	"github.com/aisle-search/aisle/search/signal"
	"github.com/aisle-search/aisle/search/snapshot"
)

// execution is one search on one view.
type execution struct {
	view    *snapshot.View
	query   *Query
	profile *Profile
	instant time.Time
	scratch *scratch.Memory

	filters []filter.Plan
	bound   [][]filter.Bound // by filter, by segment
	facets  []*facet.Plan
	auto    *facet.Auto // nil unless asked for
	page    rank.Page
	text    *match.Matches // nil when browsing
	total   int
}

// run walks all candidates once: filters, counts, total and the page's best.
func (e *execution) run(ctx context.Context) error {
	for _, f := range e.filters {
		columns, err := e.view.ColumnsOf(f.Field, f.Kind)
		if err != nil {
			return fmt.Errorf("bind filter: %w", err)
		}
		e.bound = append(e.bound, f.Bind(columns, e.view.Generation.Dictionaries.Get(f.Field)))
	}
	for _, f := range e.facets {
		columns, err := e.view.ColumnsOf(f.Name, f.Kind)
		if err != nil {
			return fmt.Errorf("bind facet: %w", err)
		}
		f.Bind(columns, e.view.Generation.Dictionaries.Get(f.Name))
	}
	if e.browses() {
		return e.browse()
	}
	for _, f := range e.facets {
		f.Numbers = e.scratch.TakeNumbers()
	}
	for i, s := range e.view.Segments {
		if err := ctx.Err(); err != nil {
			return err
		}
		if e.text != nil && len(e.text.Segments[i].Docs) == 0 {
			continue
		}
		w, err := e.walk(i, s)
		if err != nil {
			return err
		}
		if e.text == nil {
			w.visitAll()
		} else if err := w.visitMatches(&e.text.Segments[i]); err != nil {
			return fmt.Errorf("score: %w", err)
		}
	}
	return nil
}

// walker visits the candidates of one segment.
type walker struct {
	*execution
	number   int
	segment  *snapshot.Segment
	filters  []filter.Bound
	released *column.Numbers
	byNumber *column.Numbers
	byText   *column.Sorts
	names    *column.Names
	best     float64 // the largest product of factors
}

func (e *execution) walk(i int, s *snapshot.Segment) (*walker, error) {
	w := &walker{execution: e, number: i, segment: s, released: s.Columns.Numbers[rank.DateField], best: e.profile.Most(e.view.Signals.MostSold)}
	for _, b := range e.bound {
		w.filters = append(w.filters, b[i])
	}
	if e.page.Sort.ByText {
		w.byText = s.Columns.Sorts[e.page.Sort.Field]
	} else {
		w.byNumber = s.Columns.Numbers[e.page.Sort.Field]
	}
	if e.auto != nil {
		var err error
		if w.names, err = s.AttributeNames(); err != nil {
			return nil, err
		}
	}
	return w, nil
}

// visitAll visits all products of the segment.
func (w *walker) visitAll() {
	block := w.scratch.Block[:0]
	for doc := range uint32(w.segment.Columns.Documents) {
		if !w.segment.IsDead(doc) {
			block = append(block, doc)
		}
		if len(block) == scratch.BlockDocuments || doc+1 == uint32(w.segment.Columns.Documents) {
			pass, _ := w.visit(block)
			w.collect(pass, nil, nil)
			block = block[:0]
		}
	}
}

// visitMatches visits what the text matches. Only what passes the filters is
// scored, and only if scores decide who is on the page.
func (w *walker) visitMatches(m *match.Segment) error {
	all := w.scratch.Documents(len(m.Docs))
	var matched []uint8
	if m.Matched != nil {
		matched = w.scratch.Bytes(len(m.Docs))
	}
	for at := 0; at < len(m.Docs); at += scratch.BlockDocuments {
		block := m.Docs[at:min(at+scratch.BlockDocuments, len(m.Docs))]
		pass, verdicts := w.visit(block)
		all = append(all, pass...)
		if m.Matched == nil {
			continue
		}
		for i, v := range verdicts {
			if v == filter.Passes {
				matched = append(matched, m.Matched[at+i])
			}
		}
	}
	if w.page.Limit == 0 || len(all) == 0 {
		return nil
	}
	if w.page.Sort.Field != "" {
		w.collect(all, nil, matched)
		return nil
	}
	scorer, step := w.text.Scorer(w.number, len(all), w.scratch)
	for at := 0; at < len(all); at += step {
		end := min(at+step, len(all))
		scores, err := scorer.Score(all[at:end])
		if err != nil {
			return err
		}
		if matched == nil {
			w.collect(all[at:end], scores, nil)
		} else {
			w.collect(all[at:end], scores, matched[at:end])
		}
	}
	return nil
}

// visit counts a block of candidates and gives those that pass the filters, and the
// verdict on each; both are valid until the next block. A product that fails one
// filter only still counts in the facet of that filter's field.
func (w *walker) visit(docs []uint32) (pass []uint32, verdicts []uint8) {
	verdicts = w.scratch.Verdicts[:len(docs)]
	clear(verdicts)
	pass = docs
	if len(w.filters) > 0 || w.query.InStock {
		w.filter(docs, verdicts)
		pass = w.scratch.Passed[:0]
		for i, v := range verdicts {
			if v == filter.Passes {
				pass = append(pass, docs[i])
			}
		}
	}
	for _, f := range w.facets {
		f.Count(w.number, pass)
		if f.Filter >= 0 {
			f.Count(w.number, w.failing(docs, verdicts, uint8(f.Filter+1)))
		}
	}
	w.total += len(pass)
	if w.auto != nil {
		for _, doc := range pass {
			w.auto.Count(w.names, doc)
		}
	}
	return pass, verdicts
}

// filter judges a block of candidates.
func (w *walker) filter(docs []uint32, verdicts []uint8) {
	for n := range w.filters {
		w.filters[n].Judge(docs, verdicts, uint8(n+1))
	}
	if w.query.InStock {
		for i, doc := range docs {
			if verdicts[i] != filter.Out && !w.signal(doc).Buyable() {
				verdicts[i] = filter.Out
			}
		}
	}
}

// failing lists the candidates that fail one filter only.
func (w *walker) failing(docs []uint32, verdicts []uint8, filter uint8) []uint32 {
	failing := w.scratch.Failed[:0]
	for i, v := range verdicts {
		if v == filter {
			failing = append(failing, docs[i])
		}
	}
	return failing
}

// collect offers products to the page, with their text scores before coverage
// (nil: not known, or browsing) and how many concepts they hold (nil: all).
func (w *walker) collect(docs []uint32, scores []float64, matched []uint8) {
	if w.page.Limit == 0 {
		return
	}
	c := rank.Candidate{Segment: w.number, Text: 1}
	required := 0
	if w.text != nil {
		required = w.text.Plan.Required
	}
	full := w.prunes()
	for i, doc := range docs {
		c.Doc, c.Matched = doc, required
		if matched != nil {
			c.Matched = int(matched[i])
		}
		if scores != nil {
			c.Text = scores[i] * rank.Coverage(c.Matched, required)
			if full && c.Matched == w.page.Worst().Key.Tier && c.Text*w.best < w.page.Worst().Key.Number {
				continue // as most are; see hopeless
			}
		}
		if w.hopeless(&c) {
			continue
		}
		c.Key = w.key(doc, c.Text, c.Matched)
		w.page.Offer(c)
		full = w.prunes()
	}
}

// signal is the signal of a document.
func (w *walker) signal(doc uint32) signal.Value {
	if w.view.Signals.Empty() { // a shop without stock or sales
		return signal.Value{}
	}
	return w.view.Signals.At(w.segment.Columns.Ordinals[doc])
}

// prunes tells whether the page is full and by relevance alone.
func (w *walker) prunes() bool {
	p := &w.page
	return p.Sort.Field == "" && !p.Sort.AvailableFirst && !p.Backward && p.Full()
}

// hopeless tells whether the page is full of products that this one cannot come
// before whatever its factors: then they need not be computed.
func (w *walker) hopeless(c *rank.Candidate) bool {
	if !w.prunes() {
		return false
	}
	p := &w.page
	worst := &p.Worst().Key
	if c.Matched != worst.Tier {
		return c.Matched < worst.Tier
	}
	return c.Text*w.best < worst.Number ||
		c.Text*w.profile.AtMost(w.signal(c.Doc)) < worst.Number
}

// key is what the product is ordered by.
func (w *walker) key(doc uint32, text float64, matched int) rank.Key {
	var k rank.Key
	switch {
	case w.page.Sort.Field == "":
		k = rank.Key{Tier: matched, Number: w.score(doc, text)}
	case w.page.Sort.ByText:
		if w.byText == nil || w.byText.Rank[doc] == 0 {
			k.Missing = true
		} else {
			k.Text = w.byText.Key(doc)
		}
	case w.byNumber == nil:
		k.Missing = true
	default:
		k = rank.NumberKey(w.byNumber.Extreme(doc, w.page.Sort.Descending))
	}
	if w.page.Sort.AvailableFirst {
		k.SoldOut = w.signal(doc).SoldOut()
	}
	return k
}

func (w *walker) score(doc uint32, text float64) float64 {
	return text * w.factors(doc).Product()
}

func (w *walker) factors(doc uint32) rank.Factors {
	released := math.NaN()
	if w.released != nil {
		released = w.released.At(doc)
	}
	return w.profile.Factors(released, w.signal(doc), w.instant)
}

// facetResults makes the facets asked for, in the order asked for, then those
// chosen automatically.
func (e *execution) facetResults() []Facet {
	if e.browses() {
		return e.facetsOfAll()
	}
	out := make([]Facet, 0, len(e.facets))
	for _, f := range e.facets {
		var selected []string
		if f.Filter >= 0 {
			selected = e.filters[f.Filter].Values
		}
		out = append(out, f.Result(selected))
		e.scratch.GiveNumbers(f.Numbers)
		f.Numbers = nil
	}
	return out
}
