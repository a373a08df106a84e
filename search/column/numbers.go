package column

import (
	"math"

	"github.com/aisle-search/aisle/search/layout"
)

// MaxExact is up to where sums of whole numbers are exact; bounds beyond would
// miss numbers.
const MaxExact = 1 << 52

// Numbers holds the numbers of a field; NaN stands for none. Documents with
// several have the smallest here and all, ascending, in Multi.
//
// Where the numbers are whole, as amounts and days are, they are kept as multiples of
// their greatest common step, in 16 or 32 bits: so more of them lie in the cache. What
// is read is what was written, to the bit.
type Numbers struct {
	Small      []uint16 // 0 is none, n stands for base + step·n
	Middle     []uint32 // likewise
	Large      []float64
	Base, Step float64
	Multi      map[uint32][]float64
}

// At is a document's number, the smallest if it has several; NaN if none.
func (c *Numbers) At(doc uint32) float64 {
	switch {
	case c.Small != nil:
		return c.number(uint32(c.Small[doc]))
	case c.Middle != nil:
		return c.number(c.Middle[doc])
	}
	return c.Large[doc]
}

// number is what a narrow entry stands for.
func (c *Numbers) number(n uint32) float64 {
	if n == 0 {
		return math.NaN()
	}
	return c.Base + c.Step*float64(n)
}

// Extreme is the number that a product is sorted by: the smallest it has, or the
// largest when descending.
func (c *Numbers) Extreme(doc uint32, desc bool) float64 {
	if desc && c.Multi != nil {
		if many := c.Multi[doc]; many != nil {
			return many[len(many)-1]
		}
	}
	return c.At(doc)
}

// AppendTo appends the numbers of documents that have one.
func (c *Numbers) AppendTo(dst []float64, docs []uint32) []float64 {
	switch base, step := c.Base, c.Step; {
	case c.Small != nil:
		for _, doc := range docs {
			if n := c.Small[doc]; n != 0 {
				dst = append(dst, base+step*float64(n))
			}
		}
	case c.Middle != nil:
		for _, doc := range docs {
			if n := c.Middle[doc]; n != 0 {
				dst = append(dst, base+step*float64(n))
			}
		}
	default:
		for _, doc := range docs {
			if n := c.Large[doc]; !math.IsNaN(n) {
				dst = append(dst, n)
			}
		}
	}
	return dst
}

// numbersBuilder builds a column from numbers that come in ascending order, each
// with its documents.
type numbersBuilder struct {
	column *Numbers
	docs   int
	now    float64
	least  float64
	step   uint64 // common to all differences so far
	whole  bool
}

func (b *numbersBuilder) value(n float64) {
	if b.column == nil {
		b.column = &Numbers{Large: make([]float64, b.docs)}
		for i := range b.column.Large {
			b.column.Large[i] = math.NaN()
		}
		b.least, b.whole = n, true
	}
	b.now = n
	b.whole = b.whole && n == math.Trunc(n) && math.Abs(n) < MaxExact/4 // so that base is exact, too
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

func (b *numbersBuilder) document(doc uint32) {
	c := b.column
	if math.IsNaN(c.Large[doc]) {
		c.Large[doc] = b.now
		return
	}
	if c.Multi == nil {
		c.Multi = map[uint32][]float64{}
	}
	if m, ok := c.Multi[doc]; ok {
		c.Multi[doc] = append(m, b.now)
		return
	}
	c.Multi[doc] = []float64{c.Large[doc], b.now}
}

// build ends it; nil when no document has a number.
func (b *numbersBuilder) build() *Numbers {
	c := b.column
	if c == nil || !b.whole {
		return c
	}
	c.Step = float64(max(b.step, 1))
	c.Base = b.least - c.Step
	switch most := (b.now - c.Base) / c.Step; {
	case most <= math.MaxUint16:
		c.Small = make([]uint16, len(c.Large))
		for doc, n := range c.Large {
			if !math.IsNaN(n) {
				c.Small[doc] = uint16((n - c.Base) / c.Step)
			}
		}
	case most <= math.MaxUint32:
		c.Middle = make([]uint32, len(c.Large))
		for doc, n := range c.Large {
			if !math.IsNaN(n) {
				c.Middle[doc] = uint32((n - c.Base) / c.Step)
			}
		}
	default:
		return c
	}
	c.Large = nil
	return c
}

// number builds the column of a number field or attribute; nil when no document
// has one.
func (b *Builder) number(name string) (*Numbers, error) {
	build := numbersBuilder{docs: int(b.Segment.Count())}
	err := b.named(layout.Numbers, name, func(v string) error {
		if len(v) != 8 {
			return errTerm
		}
		build.value(layout.Number([]byte(v)))
		return nil
	}, build.document)
	return build.build(), err
}

// bytes is about how much memory the column takes.
func (c *Numbers) bytes() (n int64) {
	if c == nil {
		return 0
	}
	n = 2*int64(len(c.Small)) + 4*int64(len(c.Middle)) + 8*int64(len(c.Large))
	for _, numbers := range c.Multi {
		n += multiOverhead + 8*int64(len(numbers))
	}
	return n
}
