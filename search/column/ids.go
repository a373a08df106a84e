package column

import (
	"cmp"

	index "github.com/blevesearch/bleve_index_api"
	segment "github.com/blevesearch/scorch_segment_api/v2"

	"github.com/aisle-search/aisle/search/layout"
)

// IDs holds ids in order.
type IDs struct {
	bytes  []byte
	starts []uint32 // by rank, one more than there are documents
	rank   []uint32 // by document
}

// At is the id of a document.
func (c *IDs) At(doc uint32) string {
	r := c.rank[doc]
	return string(c.bytes[c.starts[r]:c.starts[r+1]])
}

// Raw is the id of a document, not to be changed.
func (c *IDs) Raw(doc uint32) []byte {
	r := c.rank[doc]
	return c.bytes[c.starts[r]:c.starts[r+1]]
}

// Compare orders two documents by id.
func (c *IDs) Compare(a, b uint32) int { return cmp.Compare(c.rank[a], c.rank[b]) }

func (c *IDs) size() int64 { return int64(len(c.bytes)) + 4*int64(len(c.starts)+len(c.rank)) }

func (b *Builder) buildIDs(c *Set) error {
	c.IDs = IDs{starts: make([]uint32, 1, c.Documents+1), rank: make([]uint32, c.Documents)}
	c.Ordinals = make([]uint32, c.Documents)
	return layout.Scan(b.Segment, layout.ID, nil, nil, func(dict segment.TermDictionary, e *index.DictEntry) (bool, error) {
		r := uint32(len(c.IDs.starts) - 1)
		c.IDs.bytes = append(c.IDs.bytes, e.Term...)
		c.IDs.starts = append(c.IDs.starts, uint32(len(c.IDs.bytes)))
		ord := b.Signals.Ordinal(e.Term)
		return true, b.scan.Each(dict, []byte(e.Term), nil, func(doc uint32) {
			c.IDs.rank[doc] = r
			c.Ordinals[doc] = ord
		})
	})
}
