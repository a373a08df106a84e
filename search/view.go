package search

import (
	"sync"
	"sync/atomic"

	"github.com/aisle-search/aisle/search/column"
	"github.com/aisle-search/aisle/search/layout"
	"github.com/aisle-search/aisle/search/rank"
	"github.com/aisle-search/aisle/search/record"
	"github.com/aisle-search/aisle/search/signal"
)

// View is an immutable snapshot of a generation: all partitions, their columns
// and the signals. Everything in one answer comes from one View.
type View struct {
	index       *Index
	sequence    uint64
	partitions  []*partitionSnapshot
	segments    []*segmentView
	ids         []*column.IDs // by segment
	signals     *signal.Snapshot
	position    []byte    // catalogue
	documents   int       // live
	means       []float64 // by text field: mean analysed length over live documents
	refs        atomic.Int64
	facets      sync.Map // facetKey to Facet: over all products
	facetsKept  atomic.Int64
	terms       sync.Map // term to bool: whether a live product holds it
	termsKept   atomic.Int64
	norms       *rank.Norms
	columns     sync.Map // name to []Attribute, by segment
	columnsKept atomic.Int64
}

// newView takes over one reference on each partition's snapshot. The caller holds
// refreshMu.
func newView(x *Index, sequence uint64, parts []*partitionSnapshot, signals *signal.Snapshot, position []byte) *View {
	v := &View{index: x, sequence: sequence, partitions: parts, signals: signals, position: position}
	v.refs.Store(1)
	totals := make([]uint64, len(x.schema.Texts))
	for _, p := range parts {
		v.segments = append(v.segments, p.segments...)
		for _, s := range p.segments {
			v.ids = append(v.ids, &s.cols.IDs)
			v.documents += s.live
			for f, n := range s.totals {
				totals[f] += n
			}
		}
	}
	means := make([]float64, len(totals)) // of analysed lengths over live documents
	if v.documents > 0 {
		for f, n := range totals {
			means[f] = rank.RoundMean(float64(n) / float64(v.documents))
		}
	}
	x.norms = rank.NormsFor(x.schema, means, x.norms)
	v.norms = x.norms
	x.hot.fit(v.documents)
	x.attributes.fit(v.documents)
	return v
}

func (v *View) retain() { v.refs.Add(1) }

func (v *View) release() {
	if v.refs.Add(-1) == 0 {
		for _, p := range v.partitions {
			p.release()
		}
	}
}

// positions are those the view has seen, by source.
func (v *View) positions() map[string][]byte {
	return map[string][]byte{"catalog": v.position, "orders": v.signals.Position}
}

// maxColumnsKept bounds the fields whose columns a view keeps together.
const maxColumnsKept = 256

// columnsOf gives the columns of a schema field or attribute (kind 0) by segment.
func (v *View) columnsOf(name string, kind Kind) ([]column.Attribute, error) {
	if c, ok := v.columns.Load(name); ok {
		return c.([]column.Attribute), nil
	}
	out := make([]column.Attribute, len(v.segments))
	all := true // are kept
	now := v.index.now().Unix()
	for i, s := range v.segments {
		if kind != 0 {
			out[i] = column.Attribute{Keywords: s.cols.Keywords[name], Numbers: s.cols.Numbers[name]}
			continue
		}
		var kept bool
		var err error
		if out[i], kept, err = s.attribute(name, &v.index.attributes, now); err != nil {
			return nil, err
		}
		all = all && kept
	}
	if !all {
		v.index.attributes.makeRoom(v)
	} else if v.columnsKept.Add(1) <= maxColumnsKept {
		v.columns.Store(name, out)
	}
	return out, nil
}

// find locates a live product.
func (v *View) find(id string) (*segmentView, uint32, bool, error) {
	p := v.partitions[partitionOf(id, len(v.partitions))]
	for _, s := range p.segments {
		bm, err := s.segment.DocNumbers([]string{id})
		if err != nil {
			return nil, 0, false, err
		}
		it := bm.Iterator()
		for it.HasNext() {
			if doc := it.Next(); !s.isDead(doc) {
				return s, doc, true, nil
			}
		}
	}
	return nil, 0, false, nil
}

// stored reads the stored record of a document. Its bytes are a copy, or shared
// with others and not to be changed.
func (s *segmentView) stored(doc uint32) (record.Stored, error) {
	var raw []byte
	err := s.segment.VisitStoredFields(uint64(doc), func(field string, _ byte, value []byte, _ []uint64) bool {
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

// partitionOf spreads ids over n partitions.
func partitionOf(id string, n int) int {
	// FNV-1a: stable for ever, since the partition is where the document lies.
	h := uint64(14695981039346656037)
	for i := range len(id) {
		h = (h ^ uint64(id[i])) * 1099511628211
	}
	return int(h % uint64(n))
}
