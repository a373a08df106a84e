package filter

import (
	"math"

	"github.com/aisle-search/aisle/search/column"
)

// Where a candidate stands after the filters, else the number of the only one that
// it fails, from 1.
const (
	Passes = 0
	Out    = 255
)

// Bound is a filter bound to a segment's columns.
type Bound struct {
	keywords *column.Keywords
	accepted []bool // by value id
	numbers  *column.Numbers
	spans    []Span
}

// Judge notes which documents fail the filter: own, or out where they fail another
// one, too. Columns with one value for each document are read in loops of their own,
// so that the processor fetches many at a time.
func (f *Bound) Judge(docs []uint32, verdicts []uint8, own uint8) {
	switch {
	case f.numbers == nil && f.accepted != nil && f.keywords != nil && f.keywords.Multi == nil:
		f.judgeKeywords(docs, verdicts, own)
	case f.keywords == nil && f.numbers != nil && f.numbers.Multi == nil && len(f.spans) == 1:
		f.judgeNumbers(docs, verdicts, own)
	default:
		for i, doc := range docs {
			if verdicts[i] != Out && !f.accepts(doc) {
				verdicts[i] = failed(verdicts[i], own)
			}
		}
	}
}

// judgeKeywords does so where each document has one value at most. Value 0, none, is
// not accepted.
func (f *Bound) judgeKeywords(docs []uint32, verdicts []uint8, own uint8) {
	accepted := f.accepted
	if small := f.keywords.Small; small != nil {
		for i, doc := range docs {
			if !accepted[small[doc]] {
				verdicts[i] = failed(verdicts[i], own)
			}
		}
		return
	}
	for i, doc := range docs {
		if !accepted[f.keywords.Large[doc]] {
			verdicts[i] = failed(verdicts[i], own)
		}
	}
}

// judgeNumbers does so for one span. NaN, none, lies in none.
func (f *Bound) judgeNumbers(docs []uint32, verdicts []uint8, own uint8) {
	c, from, to := f.numbers, f.spans[0].From, f.spans[0].To
	switch base, step := c.Base, c.Step; {
	case c.Small != nil:
		for i, doc := range docs {
			k := c.Small[doc]
			if n := base + step*float64(k); k == 0 || n < from || n > to {
				verdicts[i] = failed(verdicts[i], own)
			}
		}
	case c.Middle != nil:
		for i, doc := range docs {
			k := c.Middle[doc]
			if n := base + step*float64(k); k == 0 || n < from || n > to {
				verdicts[i] = failed(verdicts[i], own)
			}
		}
	default:
		for i, doc := range docs {
			if n := c.Large[doc]; !(n >= from && n <= to) {
				verdicts[i] = failed(verdicts[i], own)
			}
		}
	}
}

// failed is the verdict after another filter has failed.
func failed(before, own uint8) uint8 {
	if before == Passes {
		return own
	}
	return Out
}

func (f *Bound) accepts(doc uint32) bool {
	if f.keywords != nil && f.accepted != nil {
		if id := f.keywords.At(doc); id != 0 {
			if f.accepted[id] {
				return true
			}
		} else {
			for _, id := range f.keywords.Multi[doc] {
				if f.accepted[id] {
					return true
				}
			}
		}
	}
	if f.numbers == nil || len(f.spans) == 0 {
		return false
	}
	n := f.numbers.At(doc)
	if math.IsNaN(n) {
		return false
	}
	if many, ok := f.numbers.Multi[doc]; ok {
		for _, n := range many {
			if inSpans(f.spans, n) {
				return true
			}
		}
		return false
	}
	return inSpans(f.spans, n)
}
