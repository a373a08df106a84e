package column

import "github.com/aisle-search/aisle/search/layout"

// Sorts holds sort keys: rank 0 is none.
type Sorts struct {
	Rank []uint32 // by document
	keys []string // by rank
}

// Key is the sort key of a document.
func (c *Sorts) Key(doc uint32) string { return c.keys[c.Rank[doc]] }

func (c *Sorts) bytes() int64 {
	n := 4 * int64(len(c.Rank))
	for _, k := range c.keys {
		n += 16 + int64(len(k))
	}
	return n
}

// sort builds the column of a field that products are sorted by as text.
func (b *Builder) sort(name string) (*Sorts, error) {
	c := &Sorts{Rank: make([]uint32, b.Segment.Count()), keys: []string{""}}
	err := b.named(layout.Sorts, name, func(v string) error {
		c.keys = append(c.keys, v)
		return nil
	}, func(doc uint32) { c.Rank[doc] = uint32(len(c.keys) - 1) })
	return c, err
}
