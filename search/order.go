package search

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"strings"

	"github.com/aisle-search/aisle/search/schema"
)

// sortPlan is a validated sort.
type sortPlan struct {
	field     string // empty: relevance
	text      bool   // by sort keys, else by numbers
	desc      bool
	available bool // what can be bought first
}

func planSort(c *schema.Compiled, s string) (sortPlan, error) {
	if s == "" || s == "relevance" {
		return sortPlan{desc: true}, nil
	}
	name, desc := strings.CutPrefix(s, "-")
	f := c.ByName[name]
	if f == nil || !f.Sort {
		return sortPlan{}, &InvalidError{Field: "sort", Reason: fmt.Sprintf("%.64q is not sortable; one may sort by %s", name, sortable(c))}
	}
	return sortPlan{field: name, text: !f.Kind.Numeric(), desc: desc}, nil
}

// sortable lists what one may sort by.
func sortable(c *schema.Compiled) string {
	names := []string{"relevance"}
	for i := range c.Fields {
		if c.Fields[i].Sort {
			names = append(names, c.Fields[i].Name)
		}
	}
	return strings.Join(names, ", ")
}

// sortKeyValue is what a product is ordered by, before its id.
type sortKeyValue struct {
	soldOut bool // only when what can be bought comes first
	tier    int  // required concepts matched, only by relevance
	missing bool
	number  float64
	text    string
}

// compare orders keys: negative when a comes first. Products without the field
// come last either way.
func (p *sortPlan) compare(a, b *sortKeyValue) int {
	switch {
	case a.soldOut != b.soldOut:
		return order(b.soldOut)
	case a.tier != b.tier:
		return b.tier - a.tier
	case a.missing != b.missing:
		return order(b.missing)
	case a.missing:
		return 0
	}
	var c int
	if p.text {
		c = strings.Compare(a.text, b.text)
	} else {
		c = cmp.Compare(a.number, b.number)
	}
	if p.desc {
		return -c
	}
	return c
}

// order is -1 when a comes first.
func order(first bool) int {
	if first {
		return -1
	}
	return 1
}

// candidate is a product that may be on the page.
type candidate struct {
	key     sortKeyValue
	segment int
	doc     uint32
	matched int     // required concepts held; 0 when browsing
	text    float64 // text score, coverage included; 1 when browsing
}

// page collects the first products after a cursor, or the last before one.
type page struct {
	plan     sortPlan
	view     *View
	limit    int // candidates to keep
	after    *sortKeyValue
	afterID  []byte
	backward bool
	heap     []candidate // the worst on top
}

// before tells whether a comes before b in the page's direction.
func (p *page) before(a, b *candidate) bool {
	c := p.plan.compare(&a.key, &b.key)
	if c == 0 {
		c = bytes.Compare(p.id(a), p.id(b))
	}
	if p.backward {
		return c > 0
	}
	return c < 0
}

func (p *page) id(c *candidate) []byte { return p.view.segments[c.segment].cols.IDs.Raw(c.doc) }

// past tells whether c lies beyond the cursor.
func (p *page) past(c *candidate) bool {
	if p.after == nil {
		return true
	}
	d := p.plan.compare(&c.key, p.after)
	if d == 0 {
		d = bytes.Compare(p.id(c), p.afterID)
	}
	if p.backward {
		return d < 0
	}
	return d > 0
}

// offer adds c if it belongs to the page so far.
func (p *page) offer(c candidate) {
	if p.limit == 0 {
		return
	}
	if !p.past(&c) {
		return
	}
	if len(p.heap) < p.limit {
		p.heap = append(p.heap, c)
		p.up(len(p.heap) - 1)
		return
	}
	if p.before(&c, &p.heap[0]) {
		p.heap[0] = c
		p.down(0)
	}
}

func (p *page) up(i int) {
	for i > 0 {
		parent := (i - 1) / 2
		if !p.before(&p.heap[parent], &p.heap[i]) {
			return
		}
		p.heap[parent], p.heap[i] = p.heap[i], p.heap[parent]
		i = parent
	}
}

func (p *page) down(i int) {
	for {
		worst := 2*i + 1
		if worst >= len(p.heap) {
			return
		}
		if r := worst + 1; r < len(p.heap) && p.before(&p.heap[worst], &p.heap[r]) {
			worst = r
		}
		if !p.before(&p.heap[i], &p.heap[worst]) {
			return
		}
		p.heap[i], p.heap[worst] = p.heap[worst], p.heap[i]
		i = worst
	}
}

// sorted empties the heap in the page's direction: nearest the cursor first.
func (p *page) sorted() []candidate {
	out := p.heap
	for n := len(out); n > 1; n-- {
		out[0], out[n-1] = out[n-1], out[0]
		p.heap = out[:n-1]
		p.down(0)
	}
	p.heap = nil
	return out
}

// numberKey is the sort key of a number, missing when NaN.
func numberKey(n float64) sortKeyValue {
	return sortKeyValue{missing: math.IsNaN(n), number: n}
}
