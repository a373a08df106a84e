package column

import (
	"math"
	"slices"

	"github.com/aisle-search/aisle/search/layout"
)

// Keywords holds the value ids of a keyword field, in Small where all of them
// fit, else in Large: so twice as many lie in the cache. Documents with several values
// are in Multi, and have 0 otherwise.
type Keywords struct {
	Small []uint16
	Large []uint32
	Multi map[uint32][]uint32
}

// At is the document's only value; 0 when it has none, or several.
func (c *Keywords) At(doc uint32) uint32 {
	if c.Small != nil {
		return uint32(c.Small[doc])
	}
	return c.Large[doc]
}

// narrow makes a large column small if that is possible.
func (c *Keywords) narrow() {
	if slices.Max(c.Large) > math.MaxUint16 {
		return
	}
	c.Small = make([]uint16, len(c.Large))
	for doc, id := range c.Large {
		c.Small[doc] = uint16(id)
	}
	c.Large = nil
}

// bytes is about how much memory the column takes.
func (c *Keywords) bytes() (n int64) {
	if c == nil {
		return 0
	}
	n = 2*int64(len(c.Small)) + 4*int64(len(c.Large))
	for _, ids := range c.Multi {
		n += multiOverhead + 4*int64(len(ids))
	}
	return n
}

// keyword builds the column of a keyword field or attribute; nil when no
// document has a value.
func (b *Builder) keyword(name string) (*Keywords, error) {
	var c *Keywords
	var id uint32
	var groups []uint32
	dict := b.Dicts.Get(name)
	err := b.named(layout.Keywords, name, func(v string) error {
		if c == nil {
			c = &Keywords{Large: make([]uint32, b.Segment.Count())}
		}
		id = dict.id(v)
		groups = dict.Values().Group
		return nil
	}, func(doc uint32) { c.add(doc, id, groups) })
	if c != nil {
		c.narrow()
	}
	return c, err
}

// add notes a value. Of spellings of one group a document keeps the first, so
// that it counts once.
func (c *Keywords) add(doc, id uint32, groups []uint32) {
	if many, ok := c.Multi[doc]; ok {
		for _, have := range many {
			if groups[have] == groups[id] {
				return
			}
		}
		c.Multi[doc] = append(many, id)
		return
	}
	have := c.Large[doc]
	switch {
	case have == 0:
		c.Large[doc] = id
	case groups[have] != groups[id]:
		if c.Multi == nil {
			c.Multi = map[uint32][]uint32{}
		}
		c.Multi[doc] = []uint32{have, id}
		c.Large[doc] = 0
	}
}
