package search

import (
	"errors"
	"fmt"
	"math"
	"slices"

	index "github.com/blevesearch/bleve_index_api"
	segment "github.com/blevesearch/scorch_segment_api/v2"

	"github.com/aisle-search/aisle/search/layout"
	"github.com/aisle-search/aisle/search/schema"
	"github.com/aisle-search/aisle/search/signal"
)

// errTerm: a term is none that this program writes.
var errTerm = errors.New("a term is damaged")

// columns holds what a segment's documents are filtered, counted, sorted and
// scored by, as plain arrays by document number. It is built once from the
// segment's postings and never changes; attribute columns are added when they
// are first asked for.
type columns struct {
	docs     int
	ids      idColumn
	ordinals []uint32 // into the signal table
	lengths  []uint16 // analysed length, by document, then text field
	texts    int      // text fields
	keywords map[string]*keywordColumn
	numbers  map[string]*numberColumn
	sorts    map[string]*sortColumn
}

// idColumn holds ids in order.
type idColumn struct {
	bytes  []byte
	starts []uint32 // by rank, one more than there are documents
	rank   []uint32 // by document
}

func (c *idColumn) at(doc uint32) string {
	r := c.rank[doc]
	return string(c.bytes[c.starts[r]:c.starts[r+1]])
}

func (c *idColumn) raw(doc uint32) []byte {
	r := c.rank[doc]
	return c.bytes[c.starts[r]:c.starts[r+1]]
}

// keywordColumn holds the value ids of a keyword field, in small where all of them
// fit, else in large: so twice as many lie in the cache. Documents with several values
// are in multi, and have 0 otherwise.
type keywordColumn struct {
	small []uint16
	large []uint32
	multi map[uint32][]uint32
}

// at is the document's only value; 0 when it has none, or several.
func (c *keywordColumn) at(doc uint32) uint32 {
	if c.small != nil {
		return uint32(c.small[doc])
	}
	return c.large[doc]
}

// narrow makes a large column small if that is possible.
func (c *keywordColumn) narrow() {
	if slices.Max(c.large) > math.MaxUint16 {
		return
	}
	c.small = make([]uint16, len(c.large))
	for doc, id := range c.large {
		c.small[doc] = uint16(id)
	}
	c.large = nil
}

// sortColumn holds sort keys: rank 0 is none.
type sortColumn struct {
	rank []uint32 // by document
	keys []string // by rank
}

func (c *sortColumn) key(doc uint32) string { return c.keys[c.rank[doc]] }

// columnBuilder builds columns of one segment.
type columnBuilder struct {
	seg     segment.Segment
	schema  *schema.Compiled
	dicts   *dictionaries
	signals *signal.Table
	scan    layout.Scanner
}

func (b *columnBuilder) build() (*columns, error) {
	c := &columns{
		docs:     int(b.seg.Count()),
		keywords: map[string]*keywordColumn{},
		numbers:  map[string]*numberColumn{},
		sorts:    map[string]*sortColumn{},
	}
	if err := b.buildIDs(c); err != nil {
		return nil, fmt.Errorf("column of ids: %w", err)
	}
	if err := b.buildLengths(c); err != nil {
		return nil, fmt.Errorf("column of lengths: %w", err)
	}
	for i := range b.schema.Fields {
		if err := b.buildField(c, &b.schema.Fields[i]); err != nil {
			return nil, fmt.Errorf("column %q: %w", b.schema.Fields[i].Name, err)
		}
	}
	return c, nil
}

func (b *columnBuilder) buildField(c *columns, f *Field) (err error) {
	switch {
	case f.Kind.Numeric():
		c.numbers[f.Name], err = b.number(f.Name)
	case f.Kind == Keyword || f.Kind == Bool:
		c.keywords[f.Name], err = b.keyword(f.Name)
	}
	if err == nil && f.Sort && !f.Kind.Numeric() {
		c.sorts[f.Name], err = b.sort(f.Name)
	}
	return err
}

func (b *columnBuilder) buildIDs(c *columns) error {
	c.ids = idColumn{starts: make([]uint32, 1, c.docs+1), rank: make([]uint32, c.docs)}
	c.ordinals = make([]uint32, c.docs)
	return layout.Scan(b.seg, layout.ID, nil, nil, func(dict segment.TermDictionary, e *index.DictEntry) (bool, error) {
		r := uint32(len(c.ids.starts) - 1)
		c.ids.bytes = append(c.ids.bytes, e.Term...)
		c.ids.starts = append(c.ids.starts, uint32(len(c.ids.bytes)))
		ord := b.signals.Ordinal(e.Term)
		return true, b.scan.Each(dict, []byte(e.Term), nil, func(doc uint32) {
			c.ids.rank[doc] = r
			c.ordinals[doc] = ord
		})
	})
}

func (b *columnBuilder) buildLengths(c *columns) error {
	c.texts = len(b.schema.Texts)
	c.lengths = make([]uint16, c.docs*c.texts)
	return layout.Scan(b.seg, layout.Lengths, nil, nil, func(dict segment.TermDictionary, e *index.DictEntry) (bool, error) {
		field, length, ok := layout.ParseLength(e.Term)
		if !ok || field >= c.texts {
			return false, errTerm
		}
		return true, b.scan.Each(dict, []byte(e.Term), nil, func(doc uint32) { c.lengths[int(doc)*c.texts+field] = length })
	})
}

// lengthsOf are the lengths of a document's text fields.
func (c *columns) lengthsOf(doc uint32) []uint16 {
	from := int(doc) * c.texts
	return c.lengths[from : from+c.texts : from+c.texts]
}

// named calls fn with each value of a name and its documents.
func (b *columnBuilder) named(field, name string, value func(v string) error, doc func(doc uint32)) error {
	prefix := layout.Prefix(name)
	return layout.Scan(b.seg, field, prefix, layout.PrefixEnd(prefix), func(dict segment.TermDictionary, e *index.DictEntry) (bool, error) {
		if err := value(e.Term[len(prefix):]); err != nil {
			return false, err
		}
		return true, b.scan.Each(dict, []byte(e.Term), nil, doc)
	})
}

// keyword builds the column of a keyword field or attribute; nil when no
// document has a value.
func (b *columnBuilder) keyword(name string) (*keywordColumn, error) {
	var c *keywordColumn
	var id uint32
	var groups []uint32
	dict := b.dicts.get(name)
	err := b.named(layout.Keywords, name, func(v string) error {
		if c == nil {
			c = &keywordColumn{large: make([]uint32, b.seg.Count())}
		}
		id = dict.id(v)
		groups = dict.values.Load().group
		return nil
	}, func(doc uint32) { c.add(doc, id, groups) })
	if c != nil {
		c.narrow()
	}
	return c, err
}

// add notes a value. Of spellings of one group a document keeps the first, so
// that it counts once.
func (c *keywordColumn) add(doc, id uint32, groups []uint32) {
	if many, ok := c.multi[doc]; ok {
		for _, have := range many {
			if groups[have] == groups[id] {
				return
			}
		}
		c.multi[doc] = append(many, id)
		return
	}
	have := c.large[doc]
	switch {
	case have == 0:
		c.large[doc] = id
	case groups[have] != groups[id]:
		if c.multi == nil {
			c.multi = map[uint32][]uint32{}
		}
		c.multi[doc] = []uint32{have, id}
		c.large[doc] = 0
	}
}

func (b *columnBuilder) sort(name string) (*sortColumn, error) {
	c := &sortColumn{rank: make([]uint32, b.seg.Count()), keys: []string{""}}
	err := b.named(layout.Sorts, name, func(v string) error {
		c.keys = append(c.keys, v)
		return nil
	}, func(doc uint32) { c.rank[doc] = uint32(len(c.keys) - 1) })
	return c, err
}

// namesColumn holds which attributes each document has.
type namesColumn struct {
	names  []string
	starts []uint32 // by document, one more than there are documents
	lists  []uint32 // ordinals into names
}

func (b *columnBuilder) names() (*namesColumn, error) {
	type pair struct{ doc, name uint32 }
	c := &namesColumn{starts: make([]uint32, b.seg.Count()+1)}
	var pairs []pair
	err := layout.Scan(b.seg, layout.Names, nil, nil, func(dict segment.TermDictionary, e *index.DictEntry) (bool, error) {
		n := uint32(len(c.names))
		c.names = append(c.names, e.Term)
		return true, b.scan.Each(dict, []byte(e.Term), nil, func(doc uint32) { pairs = append(pairs, pair{doc, n}) })
	})
	if err != nil {
		return nil, err
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
