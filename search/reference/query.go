package reference

import (
	"cmp"
	"slices"
	"strings"

	"github.com/aisle-search/aisle/search"
)

// sortKeyBytes is how much of a text orders.
const sortKeyBytes = 256

// Query is one question.
type Query struct {
	Concepts []Concept // none browses
	AtLeast  int       // required concepts that a product must match
	Filters  []Filter
	// Keep is a further filter by id, as for stock; nil keeps all.
	Keep    func(id string) bool
	Sort    string // "", "relevance", NAME or -NAME
	Factors Factors
}

// Filter keeps products of which a value of Field equals one of Values, or lies
// within one of Ranges.
type Filter struct {
	Field  string
	Values []string
	Ranges []Range
}

// Range includes both ends; they may be infinite.
type Range struct{ From, To float64 }

// Factors are multiplied with the text score; nil is 1.
type Factors struct {
	Freshness, Availability, Popularity func(id string) float64
}

// Hit is one product of an answer.
type Hit struct {
	ID                                  string
	Score                               float64
	Text                                Text
	Freshness, Availability, Popularity float64
}

// Search returns all products that match, in order. Their number is the total.
func (x *Index) Search(q Query) []Hit {
	texts := x.Texts(q.Concepts, q.AtLeast)
	var hits []Hit
	for _, id := range x.matching(q, "") {
		text := texts[id]
		h := Hit{
			ID: id, Text: text,
			Freshness:    factor(q.Factors.Freshness, id),
			Availability: factor(q.Factors.Availability, id),
			Popularity:   factor(q.Factors.Popularity, id),
		}
		h.Score = text.Score * h.Freshness * h.Availability * h.Popularity
		hits = append(hits, h)
	}
	slices.SortFunc(hits, x.order(q.Sort))
	return hits
}

func factor(of func(id string) float64, id string) float64 {
	if of == nil {
		return 1
	}
	return of(id)
}

// matching returns the ids of products that match the text and every filter but
// those of the field except, in order of id.
func (x *Index) matching(q Query, except string) []string {
	texts := x.Texts(q.Concepts, q.AtLeast)
	var ids []string
	for _, id := range x.IDs() {
		if _, ok := texts[id]; !ok {
			continue
		}
		if q.Keep != nil && !q.Keep(id) {
			continue
		}
		if x.passes(x.products[id], q.Filters, except) {
			ids = append(ids, id)
		}
	}
	return ids
}

func (x *Index) passes(p *product, filters []Filter, except string) bool {
	for _, f := range filters {
		if f.Field != except && !x.passesOne(p, f) {
			return false
		}
	}
	return true
}

func (x *Index) passesOne(p *product, f Filter) bool {
	for _, value := range f.Values {
		for _, have := range p.keywords(f.Field) {
			if x.key(have) == x.key(value) {
				return true
			}
		}
	}
	for _, r := range f.Ranges {
		for _, have := range p.numbers(f.Field) {
			if r.From <= have && have <= r.To {
				return true
			}
		}
	}
	return false
}

// key is what makes two spellings one value.
func (x *Index) key(value string) string { return x.analysis.Fold(strings.TrimSpace(value)) }

func (p *product) keywords(field string) []string {
	var values []string
	for _, v := range p.Keywords {
		if v.Field == field && strings.TrimSpace(v.Value) != "" {
			values = append(values, strings.TrimSpace(v.Value))
		}
	}
	return values
}

func (p *product) numbers(field string) []float64 {
	var values []float64
	for _, v := range p.Numbers {
		if v.Field == field {
			values = append(values, v.Value)
		}
	}
	return values
}

// order compares hits by a sort parameter: products without the field come last
// either way, and ids decide between equals.
func (x *Index) order(sort string) func(a, b Hit) int {
	name, descending := strings.CutPrefix(sort, "-")
	compare := func(a, b Hit) int {
		return cmp.Or(cmp.Compare(b.Text.Matched, a.Text.Matched), cmp.Compare(b.Score, a.Score))
	}
	if name != "" && name != "relevance" {
		field, _ := x.field(name)
		if field.Kind == search.Number || field.Kind == search.Money || field.Kind == search.Date {
			compare = orderBy(descending, func(h Hit) (float64, bool) {
				if descending {
					return greatest(x.products[h.ID].numbers(name))
				}
				return least(x.products[h.ID].numbers(name))
			})
		} else {
			compare = orderBy(descending, func(h Hit) (string, bool) { return least(x.sortKeys(x.products[h.ID], name)) })
		}
	}
	return func(a, b Hit) int { return cmp.Or(compare(a, b), cmp.Compare(a.ID, b.ID)) }
}

func orderBy[T cmp.Ordered](descending bool, key func(Hit) (T, bool)) func(a, b Hit) int {
	return func(a, b Hit) int {
		ka, hasA := key(a)
		kb, hasB := key(b)
		switch {
		case hasA && !hasB:
			return -1
		case !hasA && hasB:
			return 1
		case descending:
			return cmp.Compare(kb, ka)
		}
		return cmp.Compare(ka, kb)
	}
}

// least is the smallest value: what a product of several is sorted by.
func least[T cmp.Ordered](values []T) (T, bool) {
	if len(values) == 0 {
		var none T
		return none, false
	}
	return slices.Min(values), true
}

// greatest is the largest: what a product of several numbers is sorted by when
// descending.
func greatest(values []float64) (float64, bool) {
	if len(values) == 0 {
		return 0, false
	}
	return slices.Max(values), true
}

// sortKeys returns a field's folded texts, or its keywords when it has none.
func (x *Index) sortKeys(p *product, field string) []string {
	var keys []string
	add := func(text string) {
		if key := cut(x.analysis.Fold(text)); key != "" {
			keys = append(keys, key)
		}
	}
	for _, v := range p.Texts {
		if v.Field == field {
			add(v.Text)
		}
	}
	if len(keys) == 0 {
		for _, value := range p.keywords(field) {
			add(value)
		}
	}
	return keys
}

// cut keeps whole runes within sortKeyBytes.
func cut(s string) string {
	kept := ""
	for _, r := range s {
		if len(kept)+len(string(r)) > sortKeyBytes {
			break
		}
		kept += string(r)
	}
	return kept
}
