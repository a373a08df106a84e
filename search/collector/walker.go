package collector

import (
	"github.com/aisle-search/aisle/search/column"
	"github.com/aisle-search/aisle/search/filter"
	"github.com/aisle-search/aisle/search/match"
	"github.com/aisle-search/aisle/search/rank"
	"github.com/aisle-search/aisle/search/scratch"
	"github.com/aisle-search/aisle/search/snapshot"
)

// walker visits the candidates of one segment.
type walker struct {
	*Search
	number   int
	segment  *snapshot.Segment
	filters  []filter.Bound
	released *column.Numbers
	byNumber *column.Numbers
	byText   *column.Sorts
	names    *column.Names
	best     float64 // the largest product of factors
}

func (e *Search) walk(i int, s *snapshot.Segment) (*walker, error) {
	w := &walker{Search: e, number: i, segment: s, released: s.Columns.Numbers[rank.DateField], best: e.Profile.Most(e.View.Signals.MostSold)}
	for _, b := range e.bound {
		w.filters = append(w.filters, b[i])
	}
	if e.Page.Sort.ByText {
		w.byText = s.Columns.Sorts[e.Page.Sort.Field]
	} else {
		w.byNumber = s.Columns.Numbers[e.Page.Sort.Field]
	}
	if e.Auto != nil {
		var err error
		if w.names, err = s.AttributeNames(); err != nil {
			return nil, err
		}
	}
	return w, nil
}

// visitAll visits all products of the segment.
func (w *walker) visitAll() {
	block := w.Scratch.Block[:0]
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
	all := w.Scratch.Documents(len(m.Docs))
	var matched []uint8
	if m.Matched != nil {
		matched = w.Scratch.Bytes(len(m.Docs))
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
	if w.Page.Limit == 0 || len(all) == 0 {
		return nil
	}
	if w.Page.Sort.Field != "" {
		w.collect(all, nil, matched)
		return nil
	}
	scorer, step := w.Text.Scorer(w.number, len(all), w.Scratch)
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
	verdicts = w.Scratch.Verdicts[:len(docs)]
	clear(verdicts)
	pass = docs
	if len(w.filters) > 0 || w.InStock {
		w.filter(docs, verdicts)
		pass = w.Scratch.Passed[:0]
		for i, v := range verdicts {
			if v == filter.Passes {
				pass = append(pass, docs[i])
			}
		}
	}
	for _, f := range w.Facets {
		f.Count(w.number, pass)
		if f.Filter >= 0 {
			f.Count(w.number, w.failing(docs, verdicts, uint8(f.Filter+1)))
		}
	}
	w.Total += len(pass)
	if w.Auto != nil {
		for _, doc := range pass {
			w.Auto.Count(w.names, doc)
		}
	}
	return pass, verdicts
}

// filter judges a block of candidates.
func (w *walker) filter(docs []uint32, verdicts []uint8) {
	for n := range w.filters {
		w.filters[n].Judge(docs, verdicts, uint8(n+1))
	}
	if w.InStock {
		for i, doc := range docs {
			if verdicts[i] != filter.Out && !w.signal(doc).Buyable() {
				verdicts[i] = filter.Out
			}
		}
	}
}

// failing lists the candidates that fail one filter only.
func (w *walker) failing(docs []uint32, verdicts []uint8, filter uint8) []uint32 {
	failing := w.Scratch.Failed[:0]
	for i, v := range verdicts {
		if v == filter {
			failing = append(failing, docs[i])
		}
	}
	return failing
}
