package match

import (
	"fmt"

	"github.com/RoaringBitmap/roaring/v2"
	segment "github.com/blevesearch/scorch_segment_api/v2"

	"github.com/aisle-search/aisle/search/scratch"
	"github.com/aisle-search/aisle/search/snapshot"
)

// reader reads the terms of one query from one segment. It re-uses what it
// can, and Bleve's readers within are for one goroutine at a time.
type reader struct {
	dicts []segment.TermDictionary // by pack
	lists []segment.PostingsList   // spare and used ones, by term and pack
	bits  segment.PostingsIterator // of documents alone
	freqs segment.PostingsIterator

	terms    []*roaring.Bitmap   // by term of the plan: documents that hold it; nil: none
	concepts []*roaring.Bitmap   // by concept, likewise
	hot      []*snapshot.HotList // by term; nil where its postings are not decoded
	at       []int               // by term: how far the hot list was read
	deleted  *roaring.Bitmap
	strict   *roaring.Bitmap // documents that hold all required concepts, once asked for
	known    bool            // strict is
}

// openReader gives a reader of a segment for one goroutine; give it back to the
// Readers of its columns.
func openReader(s *snapshot.Segment, packs []string) (*reader, error) {
	if r, ok := s.Columns.Readers.Get().(*reader); ok {
		return r, nil
	}
	r := &reader{dicts: make([]segment.TermDictionary, len(packs))}
	for i, name := range packs {
		d, err := s.Bleve.Dictionary(name)
		if err != nil {
			return nil, fmt.Errorf("open dictionary of %q: %w", name, err)
		}
		r.dicts[i] = d
	}
	return r, nil
}

// holdsTerm tells whether a live document holds the term in a text field.
func holdsTerm(s *snapshot.Segment, term []byte, packs []string) (bool, error) {
	r, err := openReader(s, packs)
	if err != nil {
		return false, err
	}
	defer s.Columns.Readers.Put(r)
	r.deleted = s.Deleted
	docs, err := r.documents(0, term)
	return r.live(docs) > 0, err
}

// read finds the documents of all terms and concepts of a plan.
func (r *reader) read(plan *Plan, deleted *roaring.Bitmap) error {
	r.deleted, r.strict, r.known = deleted, nil, false
	r.terms, r.concepts = r.terms[:0], r.concepts[:0]
	for n, term := range plan.Terms {
		docs, err := r.documents(n, []byte(term))
		if err != nil {
			return err
		}
		r.terms = append(r.terms, docs)
	}
	for i := range plan.concepts {
		r.concepts = append(r.concepts, r.concept(&plan.concepts[i]))
	}
	return nil
}

// documents are those that hold the plan's n-th term, deleted ones too; nil when
// none does. The lists stay open until the next plan.
func (r *reader) documents(n int, term []byte) (*roaring.Bitmap, error) {
	var docs *roaring.Bitmap
	for pack, dict := range r.dicts {
		at := n*len(r.dicts) + pack
		for len(r.lists) <= at {
			r.lists = append(r.lists, nil)
		}
		list, err := dict.PostingsList(term, nil, r.lists[at])
		if err != nil {
			return nil, fmt.Errorf("read postings: %w", err)
		}
		r.lists[at] = list
		if list.Count() == 0 {
			continue
		}
		found, err := r.bitmap(list)
		if err != nil {
			return nil, err
		}
		if docs != nil {
			found = roaring.Or(docs, found)
		}
		docs = found
	}
	return docs, nil
}

// bitmap is the list's documents, not to be changed.
func (r *reader) bitmap(list segment.PostingsList) (*roaring.Bitmap, error) {
	r.bits = list.Iterator(false, false, false, r.bits)
	if o, ok := r.bits.(segment.OptimizablePostingsIterator); ok {
		if doc, one := o.DocNum1Hit(); one {
			return roaring.BitmapOf(uint32(doc)), nil
		}
		if docs := o.ActualBitmap(); docs != nil {
			return docs, nil
		}
	}
	docs := roaring.New()
	for {
		p, err := r.bits.Next()
		if err != nil {
			return nil, fmt.Errorf("read postings: %w", err)
		}
		if p == nil {
			return docs, nil
		}
		docs.Add(uint32(p.Number()))
	}
}

// concept is the documents that hold a variant of the concept, not to be changed.
func (r *reader) concept(c *concept) *roaring.Bitmap {
	var found []*roaring.Bitmap
	for _, v := range c.variants {
		if docs := r.variant(v); docs != nil {
			found = append(found, docs)
		}
	}
	switch len(found) {
	case 0:
		return nil
	case 1:
		return found[0]
	}
	return roaring.FastOr(found...)
}

// variant is the documents that hold all terms of a variant, not to be changed.
func (r *reader) variant(v variant) *roaring.Bitmap {
	var docs *roaring.Bitmap
	for i, t := range v.terms {
		if r.terms[t] == nil {
			return nil
		}
		switch i {
		case 0:
			docs = r.terms[t]
		case 1:
			docs = roaring.And(docs, r.terms[t])
		default:
			docs.And(r.terms[t])
		}
	}
	return docs
}

// live counts the documents that are not deleted.
func (r *reader) live(docs *roaring.Bitmap) int {
	if docs == nil {
		return 0
	}
	n := docs.GetCardinality()
	if r.deleted != nil {
		n -= docs.AndCardinality(r.deleted)
	}
	return int(n)
}

// all is the documents that hold all required concepts, deleted ones too.
func (r *reader) all(plan *Plan) *roaring.Bitmap {
	if r.known {
		return r.strict
	}
	r.known = true
	shared := false // with the index
	for i := range plan.concepts {
		switch docs := r.concepts[i]; {
		case plan.concepts[i].optional:
		case docs == nil:
			r.strict = nil
			return nil
		case r.strict == nil:
			r.strict, shared = docs, true
		case shared:
			r.strict, shared = roaring.And(r.strict, docs), false
		default:
			r.strict.And(docs)
		}
	}
	return r.strict
}

// count counts in sc, by document, the required concepts that it holds.
func (r *reader) count(plan *Plan, sc *scratch.Memory) {
	for i, docs := range r.concepts {
		if plan.concepts[i].optional || docs == nil {
			continue
		}
		eachDocument(docs, sc, func(doc uint32) {
			sc.Touch(doc)
		})
	}
}

// eachDocument calls fn with every document of a set, in order.
func eachDocument(docs *roaring.Bitmap, sc *scratch.Memory, fn func(doc uint32)) {
	many := docs.ManyIterator()
	for n := many.NextMany(sc.Buffer[:]); n > 0; n = many.NextMany(sc.Buffer[:]) {
		for _, doc := range sc.Buffer[:n] {
			fn(doc)
		}
	}
}
