package rank

import (
	"bytes"

	"github.com/aisle-search/aisle/search/column"
)

// Candidate is a product that may be on the page.
type Candidate struct {
	Key     Key
	Segment int
	Doc     uint32
	Matched int     // required concepts held; 0 when browsing
	Text    float64 // text score, coverage included; 1 when browsing
}

// Page collects the first products after a cursor, or the last before one.
type Page struct {
	Sort     Sort
	IDs      []*column.IDs // by segment
	Limit    int           // candidates to keep
	After    *Key
	AfterID  []byte
	Backward bool
	heap     []Candidate // the worst on top
}

// before tells whether a comes before b in the page's direction.
func (p *Page) before(a, b *Candidate) bool {
	c := p.Sort.Compare(&a.Key, &b.Key)
	if c == 0 {
		c = bytes.Compare(p.ID(a), p.ID(b))
	}
	if p.Backward {
		return c > 0
	}
	return c < 0
}

// ID is the id of a candidate, not to be changed.
func (p *Page) ID(c *Candidate) []byte { return p.IDs[c.Segment].Raw(c.Doc) }

// Past tells whether c lies beyond the cursor.
func (p *Page) Past(c *Candidate) bool {
	if p.After == nil {
		return true
	}
	d := p.Sort.Compare(&c.Key, p.After)
	if d == 0 {
		d = bytes.Compare(p.ID(c), p.AfterID)
	}
	if p.Backward {
		return d < 0
	}
	return d > 0
}

// Offer adds c if it belongs to the page so far.
func (p *Page) Offer(c Candidate) {
	if p.Limit == 0 {
		return
	}
	if !p.Past(&c) {
		return
	}
	if len(p.heap) < p.Limit {
		p.heap = append(p.heap, c)
		p.up(len(p.heap) - 1)
		return
	}
	if p.before(&c, &p.heap[0]) {
		p.heap[0] = c
		p.down(0)
	}
}

// Full tells whether as many candidates are kept as there may be.
func (p *Page) Full() bool { return len(p.heap) >= p.Limit }

// Worst is the candidate that makes way for the next. Invariant: one is kept.
func (p *Page) Worst() *Candidate { return &p.heap[0] }

// up restores the heap after the candidate at i was added.
func (p *Page) up(i int) {
	for i > 0 {
		parent := (i - 1) / 2
		if !p.before(&p.heap[parent], &p.heap[i]) {
			return
		}
		p.heap[parent], p.heap[i] = p.heap[i], p.heap[parent]
		i = parent
	}
}

// down restores the heap after the candidate at i was replaced.
func (p *Page) down(i int) {
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

// Sorted empties the heap in the page's direction: nearest the cursor first.
func (p *Page) Sorted() []Candidate {
	out := p.heap
	for n := len(out); n > 1; n-- {
		out[0], out[n-1] = out[n-1], out[0]
		p.heap = out[:n-1]
		p.down(0)
	}
	p.heap = nil
	return out
}
