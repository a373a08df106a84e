package column

import (
	"fmt"
	"slices"

	index "github.com/blevesearch/bleve_index_api"
	segment "github.com/blevesearch/scorch_segment_api/v2"

	"github.com/aisle-search/aisle/search/layout"
)

// Names holds which attributes each document has.
type Names struct {
	Name   []string // by number, in order
	starts []uint32 // by document, one more than there are documents
	lists  []uint32 // numbers of names
}

// Of are the numbers of the attributes that a document has.
func (c *Names) Of(doc uint32) []uint32 { return c.lists[c.starts[doc]:c.starts[doc+1]] }

// Has tells whether any document has an attribute.
func (c *Names) Has(name string) bool {
	_, ok := slices.BinarySearch(c.Name, name)
	return ok
}

// Bytes is about how much memory the column takes.
func (c *Names) Bytes() int64 { return 4 * int64(len(c.starts)+len(c.lists)) }

// Names builds the column of which attributes each document has.
func (b *Builder) Names() (*Names, error) {
	type pair struct{ doc, name uint32 }
	c := &Names{starts: make([]uint32, b.Segment.Count()+1)}
	var pairs []pair
	err := layout.Scan(b.Segment, layout.Names, nil, nil, func(dict segment.TermDictionary, e *index.DictEntry) (bool, error) {
		n := uint32(len(c.Name))
		c.Name = append(c.Name, e.Term)
		return true, b.scan.Each(dict, []byte(e.Term), nil, func(doc uint32) { pairs = append(pairs, pair{doc, n}) })
	})
	if err != nil {
		return nil, fmt.Errorf("column of attribute names: %w", err)
	}
	slices.SortFunc(pairs, func(a, b pair) int {
		if a.doc != b.doc {
			return int(a.doc) - int(b.doc)
		}
		return int(a.name) - int(b.name)
	})
	c.lists = make([]uint32, len(pairs))
	for i, p := range pairs {
		c.lists[i] = p.name
		c.starts[p.doc+1]++
	}
	for i := 1; i < len(c.starts); i++ {
		c.starts[i] += c.starts[i-1]
	}
	return c, nil
}
