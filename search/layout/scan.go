package layout

import (
	"fmt"

	"github.com/RoaringBitmap/roaring/v2"
	index "github.com/blevesearch/bleve_index_api"
	segment "github.com/blevesearch/scorch_segment_api/v2"
)

// termScanner walks the terms of a dictionary without reading their postings,
// where the segment can do so.
type termScanner interface {
	AutomatonIteratorOmitCount(a segment.Automaton, start, end []byte) segment.DictionaryIterator
}

// Scan calls fn for each term of field from start up to but not including
// end (nil: no bound), in order, until fn returns false. The segment's terms may
// belong to deleted documents only.
func Scan(seg segment.Segment, field string, start, end []byte, fn func(dict segment.TermDictionary, e *index.DictEntry) (bool, error)) error {
	dict, err := seg.Dictionary(field)
	if err != nil {
		return fmt.Errorf("open dictionary of %q: %w", field, err)
	}
	var it segment.DictionaryIterator
	if s, ok := dict.(termScanner); ok {
		it = s.AutomatonIteratorOmitCount(nil, start, end)
	} else {
		it = dict.AutomatonIterator(nil, start, end)
	}
	for {
		e, err := it.Next()
		if err != nil {
			return fmt.Errorf("read dictionary of %q: %w", field, err)
		}
		if e == nil {
			return nil
		}
		more, err := fn(dict, e)
		if err != nil || !more {
			return err
		}
	}
}

// Scanner reads document numbers of postings; it re-uses what it can.
type Scanner struct {
	list segment.PostingsList
	iter segment.PostingsIterator
	buf  [256]uint32
}

// Each calls fn with every document of the term, in order; deleted documents are
// left out when except names them.
func (s *Scanner) Each(dict segment.TermDictionary, term []byte, except *roaring.Bitmap, fn func(doc uint32)) error {
	list, err := dict.PostingsList(term, except, s.list)
	if err != nil {
		return fmt.Errorf("read postings: %w", err)
	}
	s.list = list
	it := list.Iterator(false, false, false, s.iter)
	s.iter = it
	if o, ok := it.(segment.OptimizablePostingsIterator); ok {
		if doc, one := o.DocNum1Hit(); one {
			fn(uint32(doc))
			return nil
		}
		if bm := o.ActualBitmap(); bm != nil {
			many := bm.ManyIterator()
			for n := many.NextMany(s.buf[:]); n > 0; n = many.NextMany(s.buf[:]) {
				for _, doc := range s.buf[:n] {
					fn(doc)
				}
			}
			return nil
		}
	}
	for {
		p, err := it.Next()
		if err != nil {
			return fmt.Errorf("read postings: %w", err)
		}
		if p == nil {
			return nil
		}
		fn(uint32(p.Number()))
	}
}
