package audit

import (
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// Kind is what the values of a declared field are.
type Kind uint8

const (
	// Keyword values are compared whole, but for what Fold makes equal.
	Keyword Kind = iota + 1
	Number
	Money // minor units
	Date  // milliseconds since 1970 UTC
	Bool
	// Text can be sorted by, and neither filtered nor faceted.
	Text
)

func (k Kind) numeric() bool { return k == Number || k == Money || k == Date }

// Field is a declared field.
type Field struct {
	Name        string
	Kind        Kind
	Facet, Sort bool
}

// Product is what a document says. Names are those of fields, or "attr.NAME".
type Product struct {
	ID       string
	Keywords map[string][]string
	Numbers  map[string][]float64
	Texts    map[string][]string // of fields of kind Text
	Display  []byte              // JSON object that a hit shows
}

// attributePrefix begins the names of attributes.
const attributePrefix = "attr."

// maxValue is how much of a value takes part in comparing, in bytes.
const maxValue = 1 << 10

// Shop is every product that can be found, and how they are described.
type Shop struct {
	fields   map[string]Field
	products []*item // by id
	byID     map[string]*item
	inStock  map[string]bool // as a walk of the server showed it
}

// item is a product with its values folded.
type item struct {
	Product
	keys  map[string][]string // Keywords, folded, each once
	sorts map[string][]string // of declared fields
}

// NewShop takes the products that can be found. Where an id comes twice the last
// one counts.
func NewShop(fields []Field, products []Product) *Shop {
	s := &Shop{fields: map[string]Field{}, byID: map[string]*item{}}
	for _, f := range fields {
		s.fields[f.Name] = f
	}
	for _, p := range products {
		s.byID[p.ID] = newItem(p)
	}
	for _, id := range slices.Sorted(maps.Keys(s.byID)) {
		s.products = append(s.products, s.byID[id])
	}
	return s
}

// Len is how many products there are.
func (s *Shop) Len() int { return len(s.products) }

func newItem(p Product) *item {
	it := &item{Product: p, keys: map[string][]string{}, sorts: sortKeys(&p)}
	for name, values := range p.Keywords {
		for _, v := range values {
			v = cut(strings.TrimSpace(v), maxValue)
			if key := Fold(v); v != "" && !slices.Contains(it.keys[name], key) {
				it.keys[name] = append(it.keys[name], key)
			}
		}
	}
	return it
}

// kind is the kind of a field, 0 for an attribute.
func (s *Shop) kind(name string) Kind { return s.fields[name].Kind }

// facets are the names that can be faceted, attributes left out, in order.
func (s *Shop) facets() (names []string) { return s.named(func(f Field) bool { return f.Facet }) }

// sorts are the names that can be sorted by, in order.
func (s *Shop) sorts() []string { return s.named(func(f Field) bool { return f.Sort }) }

func (s *Shop) named(want func(Field) bool) (names []string) {
	for name, f := range s.fields {
		if want(f) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// cut shortens s to at most n bytes at a rune's border.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// IDs are the ids of all products, in order.
func (s *Shop) IDs() []string {
	return s.having(func(*item) bool { return true })
}

// Having are the ids of products that have a number of a field, in order.
func (s *Shop) Having(name string) []string {
	return s.having(func(it *item) bool { return len(it.Numbers[name]) > 0 })
}

func (s *Shop) having(want func(*item) bool) (ids []string) {
	for _, it := range s.products {
		if want(it) {
			ids = append(ids, it.ID)
		}
	}
	return ids
}
