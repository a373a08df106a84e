package search

import (
	"math"

	"github.com/aisle-search/aisle/search/layout"
)

// numberColumn holds the numbers of a field; NaN stands for none. Documents with
// several have the smallest here and all, ascending, in multi.
//
// Where the numbers are whole, as amounts and days are, they are kept as multiples of
// their greatest common step, in 16 or 32 bits: so more of them lie in the cache. What
// is read is what was written, to the bit.
type numberColumn struct {
	small      []uint16 // 0 is none, n stands for base + step·n
	middle     []uint32 // likewise
	large      []float64
	base, step float64
	multi      map[uint32][]float64
}

// at is a document's number, the smallest if it has several; NaN if none.
func (c *numberColumn) at(doc uint32) float64 {
	switch {
	case c.small != nil:
		return c.number(uint32(c.small[doc]))
	case c.middle != nil:
		return c.number(c.middle[doc])
	}
	return c.large[doc]
}

func (c *numberColumn) number(n uint32) float64 {
	if n == 0 {
		return math.NaN()
	}
	return c.base + c.step*float64(n)
}

// extreme is the number that a product is sorted by: the smallest it has, or the
// largest when descending.
func (c *numberColumn) extreme(doc uint32, desc bool) float64 {
	if desc && c.multi != nil {
		if many := c.multi[doc]; many != nil {
			return many[len(many)-1]
		}
	}
	return c.at(doc)
}

// appendTo appends the numbers of documents that have one.
func (c *numberColumn) appendTo(dst []float64, docs []uint32) []float64 {
	switch base, step := c.base, c.step; {
	case c.small != nil:
		for _, doc := range docs {
			if n := c.small[doc]; n != 0 {
				dst = append(dst, base+step*float64(n))
			}
		}
	case c.middle != nil:
		for _, doc := range docs {
			if n := c.middle[doc]; n != 0 {
				dst = append(dst, base+step*float64(n))
			}
		}
	default:
		for _, doc := range docs {
			if n := c.large[doc]; !math.IsNaN(n) {
				dst = append(dst, n)
			}
		}
	}
	return dst
}

// numberBuilder builds a numberColumn from numbers that come in ascending order, each
// with its documents.
type numberBuilder struct {
	column *numberColumn
	docs   int
	now    float64
	least  float64
	step   uint64 // common to all differences so far
	whole  bool
}

func (b *numberBuilder) value(n float64) {
	if b.column == nil {
		b.column = &numberColumn{large: make([]float64, b.docs)}
		for i := range b.column.large {
			b.column.large[i] = math.NaN()
		}
		b.least, b.whole = n, true
	}
	b.now = n
	b.whole = b.whole && n == math.Trunc(n) && math.Abs(n) < maxExact/4 // so that base is exact, too
	if b.whole {
		b.step = commonDivisor(b.step, uint64(n-b.least))
	}
}

func commonDivisor(a, b uint64) uint64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

func (b *numberBuilder) document(doc uint32) {
	c := b.column
	if math.IsNaN(c.large[doc]) {
		c.large[doc] = b.now
		return
	}
	if c.multi == nil {
		c.multi = map[uint32][]float64{}
	}
	if m, ok := c.multi[doc]; ok {
		c.multi[doc] = append(m, b.now)
		return
	}
	c.multi[doc] = []float64{c.large[doc], b.now}
}

// build ends it; nil when no document has a number.
func (b *numberBuilder) build() *numberColumn {
	c := b.column
	if c == nil || !b.whole {
		return c
	}
	c.step = float64(max(b.step, 1))
	c.base = b.least - c.step
	switch most := (b.now - c.base) / c.step; {
	case most <= math.MaxUint16:
		c.small = make([]uint16, len(c.large))
		for doc, n := range c.large {
			if !math.IsNaN(n) {
				c.small[doc] = uint16((n - c.base) / c.step)
			}
		}
	case most <= math.MaxUint32:
		c.middle = make([]uint32, len(c.large))
		for doc, n := range c.large {
			if !math.IsNaN(n) {
				c.middle[doc] = uint32((n - c.base) / c.step)
			}
		}
	default:
		return c
	}
	c.large = nil
	return c
}

// number builds the column of a number field or attribute; nil when no document
// has one.
func (b *columnBuilder) number(name string) (*numberColumn, error) {
	build := numberBuilder{docs: int(b.seg.Count())}
	err := b.named(layout.Numbers, name, func(v string) error {
		if len(v) != 8 {
			return errTerm
		}
		build.value(layout.Number([]byte(v)))
		return nil
	}, build.document)
	return build.build(), err
}
