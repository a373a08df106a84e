package search

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aisle-search/aisle/search/analysis"
	"github.com/aisle-search/aisle/search/column"
	"github.com/aisle-search/aisle/search/schema"
)

// Bounds of a query's filters.
const (
	maxFilters      = 64
	maxFilterValues = 256 // in all
	maxFilterBytes  = 1 << 10
)

// span is a range of numbers, both ends included.
type span struct{ from, to float64 }

func (s span) holds(n float64) bool { return n >= s.from && n <= s.to }

// filterPlan is a validated filter.
type filterPlan struct {
	field  string
	kind   Kind // 0 for attributes
	values []string
	spans  []span
}

func planFilters(c *schema.Compiled, filters []Filter) ([]filterPlan, error) {
	if len(filters) > maxFilters {
		return nil, &InvalidError{Field: "f", Reason: fmt.Sprintf("has %d names, at most %d", len(filters), maxFilters)}
	}
	total := 0
	plans := make([]filterPlan, 0, len(filters))
	for _, f := range filters {
		total += len(f.Values)
		p, err := planFilter(c, f)
		if err != nil {
			return nil, err
		}
		plans = append(plans, p)
	}
	if total > maxFilterValues {
		return nil, &InvalidError{Field: "f", Reason: fmt.Sprintf("has %d values, at most %d", total, maxFilterValues)}
	}
	return plans, nil
}

func planFilter(c *schema.Compiled, f Filter) (filterPlan, error) {
	invalid := func(format string, args ...any) error {
		return &InvalidError{Field: "f." + f.Field, Reason: fmt.Sprintf(format, args...)}
	}
	kind, known := c.KindOf(f.Field)
	switch {
	case !known:
		return filterPlan{}, invalid("is not a field of the schema; attributes are f.attr.NAME")
	case kind == Text:
		return filterPlan{}, invalid("is a text: it can be searched, not filtered")
	case len(f.Values) == 0:
		return filterPlan{}, invalid("has no value")
	}
	p := filterPlan{field: f.Field, kind: kind}
	for _, v := range f.Values {
		switch {
		case len(v) > maxFilterBytes || !utf8.ValidString(v):
			return p, invalid("must be UTF-8 of at most %d bytes", maxFilterBytes)
		case strings.TrimSpace(v) == "":
			return p, invalid("is empty")
		}
		if kind.Numeric() || kind == 0 {
			s, ok := parseSpan(v, kind)
			if ok && s.from > s.to && kind != 0 {
				return p, invalid("has its bounds the wrong way round: %.64q", v)
			}
			if ok {
				p.spans = append(p.spans, s)
			} else if kind != 0 {
				return p, invalid("must be %s, or a range a..b, a.. or ..b", kind.Describe())
			}
		}
		if folded := analysis.Fold(v); kind == Bool && folded != "true" && folded != "false" {
			return p, invalid("must be true or false")
		}
		p.values = append(p.values, v)
	}
	return p, nil
}

// parseSpan reads a number or a range of a kind. A day stands for all of it.
func parseSpan(s string, kind Kind) (span, bool) {
	low, high, isRange := strings.Cut(s, "..")
	if !isRange {
		return parseBound(low, kind)
	}
	all := span{math.Inf(-1), math.Inf(1)}
	if low == "" && high == "" {
		return all, false
	}
	if low != "" {
		b, ok := parseBound(low, kind)
		if !ok {
			return all, false
		}
		all.from = b.from
	}
	if high != "" {
		b, ok := parseBound(high, kind)
		if !ok {
			return all, false
		}
		all.to = b.to
	}
	return all, true
}

func parseBound(s string, kind Kind) (span, bool) {
	if kind == Date {
		return parseDate(s)
	}
	n, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
		return span{}, false
	}
	if strings.ContainsAny(s, "xXpP_") { // ParseFloat takes hexadecimal
		return span{}, false
	}
	if kind == Money && n != math.Trunc(n) {
		return span{}, false
	}
	return span{n, n}, true
}

func parseDate(s string) (span, bool) {
	if t, err := time.Parse(time.DateOnly, s); err == nil {
		from := float64(t.UnixMilli())
		return span{from, from + 24*60*60*1000 - 1}, true
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return span{}, false
	}
	ms := float64(t.UnixMilli())
	return span{ms, ms}, true
}

// segmentFilter is a filter bound to a segment's columns.
type segmentFilter struct {
	keywords *column.Keywords
	accepted []bool // by value id
	numbers  *column.Numbers
	spans    []span
}

// bind resolves a filter in every segment of a view.
func (p *filterPlan) bind(v *View) ([]segmentFilter, error) {
	out := make([]segmentFilter, len(v.segments))
	columns, err := v.columnsOf(p.field, p.kind)
	if err != nil {
		return nil, err
	}
	for i, col := range columns {
		out[i] = segmentFilter{keywords: col.Keywords, numbers: col.Numbers, spans: p.spans}
	}
	// Only now is every value of these segments numbered.
	groups := p.groups(v)
	if len(groups) == 0 {
		return out, nil
	}
	values := v.index.dicts.Get(p.field).Values()
	accepted := make([]bool, len(values.Group))
	for id, g := range values.Group {
		accepted[id] = id != 0 && slices.Contains(groups, g)
	}
	for i := range out {
		out[i].accepted = accepted
	}
	return out, nil
}

// groups resolves the values of a filter to the groups that products have.
func (p *filterPlan) groups(v *View) []uint32 {
	if p.kind.Numeric() {
		return nil
	}
	dict := v.index.dicts.Get(p.field)
	var out []uint32
	for _, value := range p.values {
		if g := dict.Lookup(value); g != 0 {
			out = append(out, g)
		}
	}
	return out
}

// judge notes which documents fail the filter: own, or out where they fail another
// one, too. Columns with one value for each document are read in loops of their own,
// so that the processor fetches many at a time.
func (f *segmentFilter) judge(docs []uint32, verdicts []uint8, own uint8) {
	switch {
	case f.numbers == nil && f.accepted != nil && f.keywords != nil && f.keywords.Multi == nil:
		f.judgeKeywords(docs, verdicts, own)
	case f.keywords == nil && f.numbers != nil && f.numbers.Multi == nil && len(f.spans) == 1:
		f.judgeNumbers(docs, verdicts, own)
	default:
		for i, doc := range docs {
			if verdicts[i] != out && !f.accepts(doc) {
				verdicts[i] = failed(verdicts[i], own)
			}
		}
	}
}

// judgeKeywords does so where each document has one value at most. Value 0, none, is
// not accepted.
func (f *segmentFilter) judgeKeywords(docs []uint32, verdicts []uint8, own uint8) {
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
func (f *segmentFilter) judgeNumbers(docs []uint32, verdicts []uint8, own uint8) {
	c, from, to := f.numbers, f.spans[0].from, f.spans[0].to
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
	if before == passes {
		return own
	}
	return out
}

func (f *segmentFilter) accepts(doc uint32) bool {
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

func inSpans(spans []span, n float64) bool {
	for _, s := range spans {
		if s.holds(n) {
			return true
		}
	}
	return false
}
