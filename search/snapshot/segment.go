package snapshot

import (
	"sync"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/blevesearch/bleve/v2/index/scorch"
	segment "github.com/blevesearch/scorch_segment_api/v2"

	"github.com/aisle-search/aisle/search/column"
	"github.com/aisle-search/aisle/search/facet"
	"github.com/aisle-search/aisle/search/layout"
	"github.com/aisle-search/aisle/search/record"
)

// Segment is a segment as a snapshot sees it.
type Segment struct {
	Bleve   segment.Segment
	Deleted *roaring.Bitmap // nil when nothing is
	dead    []uint64        // deleted as a bit set; nil when nothing is
	live    int
	totals  []uint64 // by text field: analysed length of live documents
	Columns *Columns
	dicts   *column.Dictionaries
	Records *record.Codec

	mu     sync.Mutex // guards facets
	facets map[string]*facet.Totals
}

// IsDead tells whether a document is deleted.
func (v *Segment) IsDead(doc uint32) bool {
	return v.dead != nil && v.dead[doc>>6]&(1<<(doc&63)) != 0
}

// DeletedAre tells whether a segment with these deletions would look the same.
func (v *Segment) DeletedAre(deleted *roaring.Bitmap) bool { return v.Deleted == deleted }

// AttributeNames gives which attributes each document has.
func (v *Segment) AttributeNames() (*column.Names, error) {
	v.Columns.mu.Lock()
	defer v.Columns.mu.Unlock()
	return v.namesLocked()
}

func (v *Segment) namesLocked() (*column.Names, error) {
	if v.Columns.names == nil {
		b := column.Builder{Segment: v.Bleve, Dicts: v.dicts}
		names, err := b.Names()
		if err != nil {
			return nil, err
		}
		v.Columns.names = names
	}
	return v.Columns.names, nil
}

// NewSegment makes the view of a segment with its deletions.
func NewSegment(s *scorch.SegmentSnapshot, cols *Columns, g *Generation) *Segment {
	v := &Segment{Bleve: s.Segment(), Columns: cols, dicts: g.Dictionaries, Records: g.Records, live: cols.Documents, totals: cols.lengthTotals}
	deleted := s.Deleted()
	if deleted == nil || deleted.IsEmpty() {
		return v
	}
	v.Deleted = deleted
	v.dead = make([]uint64, (cols.Documents+63)/64)
	v.totals = append([]uint64(nil), cols.lengthTotals...)
	it := deleted.Iterator()
	for it.HasNext() {
		doc := it.Next()
		v.dead[doc>>6] |= 1 << (doc & 63)
		v.live--
		for f, n := range cols.LengthsOf(doc) {
			v.totals[f] -= uint64(n)
		}
	}
	return v
}

// Stored reads the stored record of a document. Its bytes are a copy, or shared
// with others and not to be changed.
func (s *Segment) Stored(doc uint32) (record.Stored, error) {
	var raw []byte
	err := s.Bleve.VisitStoredFields(uint64(doc), func(field string, _ byte, value []byte, _ []uint64) bool {
		if field != layout.Stored {
			return true
		}
		raw = append(raw, value...)
		return false
	})
	if err != nil {
		return record.Stored{}, err
	}
	return record.Parse(raw)
}

// totalsOf counts a facet over the segment once for as long as nothing more of it
// is deleted.
func (s *Segment) totalsOf(p *facet.Plan, i int) *facet.Totals {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.facets[p.Name]; t != nil {
		return t
	}
	live := make([]uint32, 0, s.live)
	for doc := range uint32(s.Columns.Documents) {
		if !s.IsDead(doc) {
			live = append(live, doc)
		}
	}
	t := p.Totals(i, live)
	if s.facets == nil {
		s.facets = map[string]*facet.Totals{}
	}
	if len(s.facets) < maxAttributeColumns {
		s.facets[p.Name] = t
	}
	return t
}
