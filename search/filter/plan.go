package filter

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/aisle-search/aisle/search/analysis"
	"github.com/aisle-search/aisle/search/column"
	"github.com/aisle-search/aisle/search/schema"
)

// maxValueBytes bounds one value.
const maxValueBytes = 1 << 10

// Plan is a validated filter.
type Plan struct {
	Field  string
	Kind   schema.Kind // 0 for attributes
	Values []string
	spans  []Span
}

// Parse validates the values of a filter on a field of a kind, 0 for
// attributes. Its error is the reason that the caller of a search is told.
func Parse(field string, kind schema.Kind, values []string) (Plan, error) {
	p := Plan{Field: field, Kind: kind}
	if len(values) == 0 {
		return p, errors.New("has no value")
	}
	for _, v := range values {
		switch {
		case len(v) > maxValueBytes || !utf8.ValidString(v):
			return p, fmt.Errorf("must be UTF-8 of at most %d bytes", maxValueBytes)
		case strings.TrimSpace(v) == "":
			return p, errors.New("is empty")
		}
		if kind.Numeric() || kind == 0 {
			s, ok := ParseSpan(v, kind)
			if ok && s.From > s.To && kind != 0 {
				return p, fmt.Errorf("has its bounds the wrong way round: %.64q", v)
			}
			if ok {
				p.spans = append(p.spans, s)
			} else if kind != 0 {
				return p, fmt.Errorf("must be %s, or a range a..b, a.. or ..b", kind.Describe())
			}
		}
		if folded := analysis.Fold(v); kind == schema.Bool && folded != "true" && folded != "false" {
			return p, errors.New("must be true or false")
		}
		p.Values = append(p.Values, v)
	}
	return p, nil
}

// Bind resolves the filter in every segment, by its columns there.
func (p *Plan) Bind(columns []column.Attribute, dict *column.Dictionary) []Bound {
	out := make([]Bound, len(columns))
	for i, col := range columns {
		out[i] = Bound{keywords: col.Keywords, numbers: col.Numbers, spans: p.spans}
	}
	// Only now is every value of these segments numbered.
	groups := p.groups(dict)
	if len(groups) == 0 {
		return out
	}
	values := dict.Values()
	accepted := make([]bool, len(values.Group))
	for id, g := range values.Group {
		accepted[id] = id != 0 && slices.Contains(groups, g)
	}
	for i := range out {
		out[i].accepted = accepted
	}
	return out
}

// groups resolves the values of a filter to the groups that products have.
func (p *Plan) groups(dict *column.Dictionary) []uint32 {
	if p.Kind.Numeric() {
		return nil
	}
	var out []uint32
	for _, value := range p.Values {
		if g := dict.Lookup(value); g != 0 {
			out = append(out, g)
		}
	}
	return out
}
