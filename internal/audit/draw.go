package audit

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Bounds that the server puts on a request.
const (
	maxFilterValue = 512 // bytes
	maxFilterName  = 256 // bytes
	maxText        = 512 // bytes
)

// drawer makes random questions from what real products hold.
type drawer struct {
	*rand.Rand
	shop *Shop
}

func pick[T any](d *drawer, from []T) T { return from[d.IntN(len(from))] }

// question draws one. It is about a real product, so that most questions find
// something.
func (d *drawer) question() question {
	about := pick(d, d.shop.products)
	q := question{
		facetSize: pick(d, []int{1, 3, 10, 50, 200}),
		limit:     pick(d, []int{1, 7, 24, 100}),
		inStock:   d.IntN(5) == 0,
	}
	if d.IntN(3) == 0 {
		q.text = d.text(about)
	}
	names := d.filterable(about)
	d.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	for _, name := range names[:min(len(names), d.IntN(4))] {
		if values := d.filterValues(about, name); len(values) > 0 {
			q.filters = append(q.filters, d.shop.filter(name, values))
		}
	}
	q.facets = d.facets(about, q.filters)
	if sorts := d.shop.sorts(); len(sorts) > 0 && d.IntN(2) == 0 {
		q.sort = pick(d, []string{"", "-"}) + pick(d, sorts)
	}
	return q
}

// filterable are the names of values of a product. Declared fields come as often
// as all attributes together, of which a product may have hundreds.
func (d *drawer) filterable(it *item) (names []string) {
	var attributes []string
	for _, name := range slices.Sorted(maps.Keys(it.keys)) {
		if !strings.HasPrefix(name, attributePrefix) {
			names = append(names, name)
		} else if usable(it.Keywords[name][0]) && len(name) <= maxFilterName {
			attributes = append(attributes, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(it.Numbers)) {
		if !strings.HasPrefix(name, attributePrefix) {
			names = append(names, name)
		} else if len(name) <= maxFilterName {
			attributes = append(attributes, name)
		}
	}
	d.Shuffle(len(attributes), func(i, j int) { attributes[i], attributes[j] = attributes[j], attributes[i] })
	return append(names, attributes[:min(len(attributes), max(1, len(names)))]...)
}

func usable(value string) bool {
	return strings.TrimSpace(value) != "" && len(value) <= maxFilterValue && utf8.ValidString(value) && !strings.ContainsRune(value, 0)
}

// filterValues are one to three values for a name: those of the product, and
// those of others. Those that cannot be asked for are left out.
func (d *drawer) filterValues(about *item, name string) (values []string) {
	for range 1 + d.IntN(3) {
		if value := d.filterValue(about, name); usable(value) && !slices.Contains(values, value) {
			values = append(values, value)
		}
		if other := pick(d, d.shop.products); len(other.Keywords[name])+len(other.Numbers[name]) > 0 {
			about = other
		}
	}
	return values
}

func (d *drawer) filterValue(it *item, name string) string {
	if numbers := it.Numbers[name]; len(numbers) > 0 {
		return d.numberValue(pick(d, numbers), d.shop.kind(name))
	}
	if keywords := it.Keywords[name]; len(keywords) > 0 {
		return d.respell(pick(d, keywords))
	}
	return ""
}

// respell changes what does not make another value.
func (d *drawer) respell(s string) string {
	switch d.IntN(5) {
	case 0:
		return strings.ToUpper(s)
	case 1:
		return " " + strings.ToLower(s) + "  "
	case 2:
		return Fold(s)
	}
	return s
}

// numberValue spells a filter that a number passes.
func (d *drawer) numberValue(n float64, kind Kind) string {
	low, high := n-math.Abs(n)*d.Float64(), n+math.Abs(n)*d.Float64()
	if kind == Money {
		low, high = math.Floor(low), math.Ceil(high)
	}
	spell := func(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }
	if kind == Date {
		const day = 24 * 60 * 60 * 1000 // milliseconds
		low, high = n-math.Floor(d.Float64()*1000)*day, n+math.Floor(d.Float64()*1000)*day
		layout := pick(d, []string{time.DateOnly, time.RFC3339Nano})
		spell = func(n float64) string { return time.UnixMilli(int64(n)).UTC().Format(layout) }
	}
	switch d.IntN(4) {
	case 0:
		return spell(n)
	case 1:
		return spell(low) + ".."
	case 2:
		return ".." + spell(high)
	}
	return spell(low) + ".." + spell(high)
}

// facets are some of the declared ones, those that are filtered by, an attribute
// of the product, and perhaps those that the server chooses.
func (d *drawer) facets(about *item, filters []filter) []string {
	declared := d.shop.facets()
	d.Shuffle(len(declared), func(i, j int) { declared[i], declared[j] = declared[j], declared[i] })
	names := declared[:min(len(declared), d.IntN(4))]
	add := func(name string) {
		f, isDeclared := d.shop.fields[name]
		if (f.Facet || !isDeclared) && len(name) <= maxFilterName && !strings.Contains(name, ",") && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, f := range filters {
		add(f.name)
	}
	for range 2 {
		if all := d.filterable(about); len(all) > 0 {
			add(pick(d, all))
		}
	}
	if d.IntN(3) == 0 {
		names = append(names, "auto")
	}
	return names
}

// text is up to three words of a product's titles.
func (d *drawer) text(it *item) string {
	var words []string
	for _, name := range slices.Sorted(maps.Keys(it.Texts)) {
		words = append(words, strings.Fields(strings.Join(it.Texts[name], " "))...)
	}
	if len(words) == 0 {
		return ""
	}
	at := d.IntN(len(words))
	text := strings.Join(words[at:min(len(words), at+1+d.IntN(3))], " ")
	if !usable(text) || len(text) > maxText {
		return ""
	}
	return text
}

// String is the question as one would repeat it.
func (q question) String() string { return fmt.Sprintf("/v1/search?%s", q.values().Encode()) }
