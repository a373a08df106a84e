package facet

import (
	"math"
	"slices"

	"github.com/aisle-search/aisle/search/column"
)

// Auto counts how many products of the result have each attribute.
type Auto struct{ byName map[string]*int }

// NewAuto starts to count.
func NewAuto() *Auto { return &Auto{byName: map[string]*int{}} }

// Count counts the attributes of a document.
func (a *Auto) Count(names *column.Names, doc uint32) {
	for _, n := range names.Of(doc) {
		name := names.Name[n]
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
	AutoChosen     = 6
)

// Candidates are the names that most products of the result have.
func (a *Auto) Candidates() []string {
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

// Divides rates how well a facet divides a result of total products: the share
// of products that have it, times how evenly few values share them.
func (f *Result) Divides(total int) float64 {
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
