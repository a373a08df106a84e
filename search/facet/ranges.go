package facet

import (
	"math"

	"github.com/aisle-search/aisle/search/column"
)

// ranges makes buckets and counts products in them.
func (p *Plan) ranges(f *Result) {
	p.bucketValues(f)
	countOnce(f.Buckets, p.several)
}

// bucketValues makes at most p.size buckets of equal width; where more than half of the
// numbers would lie in one, the last bucket takes the largest tenth instead and
// the others share the rest. Where all numbers are whole (and exact), so are the bounds; else
// a bucket is bounded by the numbers that lie in it, and empty ones are left out.
// Either way both ends are included.
func (p *Plan) bucketValues(f *Result) {
	f.Kind = "range"
	if len(p.Numbers) == 0 {
		return
	}
	whole := true
	f.Min, f.Max = p.Numbers[0], p.Numbers[0]
	for _, n := range p.Numbers {
		f.Min, f.Max = min(f.Min, n), max(f.Max, n)
		whole = whole && n == math.Trunc(n) && math.Abs(n) <= column.MaxExact
	}
	division := newDivision(f.Min, f.Max, p.Size, whole)
	counted := division.count(p.Numbers)
	f.Buckets = division.buckets(counted, whole)
	fullest := 0
	for _, b := range f.Buckets {
		fullest = max(fullest, b.Count)
	}
	if p.Size < 3 || 2*fullest <= len(p.Numbers) || len(f.Buckets) < 3 {
		return
	}
	most, n, last := division.tail(p.Numbers, counted)
	if n == 0 {
		return
	}
	division = newDivision(f.Min, last, p.Size-1, whole)
	division.below = most
	f.Buckets = division.buckets(division.count(p.Numbers), whole)
	tail := Bucket{From: most, To: f.Max, Count: len(p.Numbers) - n}
	if whole { // no gap before the tail
		f.Buckets[len(f.Buckets)-1].To = most - 1
	}
	f.Buckets = append(f.Buckets, tail)
}
