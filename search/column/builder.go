package column

import (
	"errors"
	"fmt"

	index "github.com/blevesearch/bleve_index_api"
	segment "github.com/blevesearch/scorch_segment_api/v2"

	"github.com/aisle-search/aisle/search/layout"
	"github.com/aisle-search/aisle/search/schema"
	"github.com/aisle-search/aisle/search/signal"
)

// errTerm: a term is none that this program writes.
var errTerm = errors.New("a term is damaged")

// Builder builds columns of one segment. It is for one goroutine at a time.
type Builder struct {
	Segment segment.Segment
	Schema  *schema.Compiled
	Dicts   *Dictionaries
	Signals *signal.Table
	scan    layout.Scanner
}

// Build builds the columns of all fields of the schema.
func (b *Builder) Build() (*Set, error) {
	c := &Set{
		Documents: int(b.Segment.Count()),
		Keywords:  map[string]*Keywords{},
		Numbers:   map[string]*Numbers{},
		Sorts:     map[string]*Sorts{},
	}
	if err := b.buildIDs(c); err != nil {
		return nil, fmt.Errorf("column of ids: %w", err)
	}
	if err := b.buildLengths(c); err != nil {
		return nil, fmt.Errorf("column of lengths: %w", err)
	}
	for i := range b.Schema.Fields {
		if err := b.buildField(c, &b.Schema.Fields[i]); err != nil {
			return nil, fmt.Errorf("column %q: %w", b.Schema.Fields[i].Name, err)
		}
	}
	return c, nil
}

func (b *Builder) buildField(c *Set, f *schema.Field) (err error) {
	switch {
	case f.Kind.Numeric():
		c.Numbers[f.Name], err = b.number(f.Name)
	case f.Kind == schema.Keyword || f.Kind == schema.Bool:
		c.Keywords[f.Name], err = b.keyword(f.Name)
	}
	if err == nil && f.Sort && !f.Kind.Numeric() {
		c.Sorts[f.Name], err = b.sort(f.Name)
	}
	return err
}

func (b *Builder) buildLengths(c *Set) error {
	c.Texts = len(b.Schema.Texts)
	c.lengths = make([]uint16, c.Documents*c.Texts)
	return layout.Scan(b.Segment, layout.Lengths, nil, nil, func(dict segment.TermDictionary, e *index.DictEntry) (bool, error) {
		field, length, ok := layout.ParseLength(e.Term)
		if !ok || field >= c.Texts {
			return false, errTerm
		}
		return true, b.scan.Each(dict, []byte(e.Term), nil, func(doc uint32) { c.lengths[int(doc)*c.Texts+field] = length })
	})
}

// named calls fn with each value of a name and its documents.
func (b *Builder) named(field, name string, value func(v string) error, doc func(doc uint32)) error {
	prefix := layout.Prefix(name)
	return layout.Scan(b.Segment, field, prefix, layout.PrefixEnd(prefix), func(dict segment.TermDictionary, e *index.DictEntry) (bool, error) {
		if err := value(e.Term[len(prefix):]); err != nil {
			return false, err
		}
		return true, b.scan.Each(dict, []byte(e.Term), nil, doc)
	})
}
