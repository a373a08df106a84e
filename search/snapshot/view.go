package snapshot

import (
	"sync"
	"sync/atomic"

	"github.com/aisle-search/aisle/search/column"
	"github.com/aisle-search/aisle/search/facet"
	"github.com/aisle-search/aisle/search/rank"
	"github.com/aisle-search/aisle/search/schema"
	"github.com/aisle-search/aisle/search/signal"
)

// View is an immutable snapshot of a generation: all partitions, their columns
// and the signals. Everything in one answer comes from one View.
type View struct {
	Generation  *Generation
	Sequence    uint64
	Partitions  []*Partition
	Segments    []*Segment
	IDs         []*column.IDs // by segment
	Signals     *signal.Snapshot
	Position    []byte // catalogue
	Documents   int    // live
	refs        atomic.Int64
	facets      sync.Map // facetKey to facet.Result: over all products
	facetsKept  atomic.Int64
	terms       sync.Map // term to bool: whether a live product holds it
	termsKept   atomic.Int64
	Norms       *rank.Norms
	columns     sync.Map // name to []column.Attribute, by segment
	columnsKept atomic.Int64
	Note        *Note // for those who hold answers, and no view
}

// Note is a place for what callers know of a view.
type Note struct {
	mu    sync.Mutex
	value any
}

// Update replaces what is noted, nil at first, and returns it.
func (n *Note) Update(change func(old any) any) any {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.value = change(n.value)
	return n.value
}

// NewView takes over one reference on each partition's snapshot. last are the norms of
// the view before, nil if there is none.
func NewView(g *Generation, sequence uint64, last *rank.Norms, parts []*Partition, signals *signal.Snapshot, position []byte) *View {
	v := &View{Generation: g, Sequence: sequence, Partitions: parts, Signals: signals, Position: position, Note: &Note{}}
	v.refs.Store(1)
	totals := make([]uint64, len(g.Schema.Texts))
	for _, p := range parts {
		v.Segments = append(v.Segments, p.Segments...)
		for _, s := range p.Segments {
			v.IDs = append(v.IDs, &s.Columns.IDs)
			v.Documents += s.live
			for f, n := range s.totals {
				totals[f] += n
			}
		}
	}
	means := make([]float64, len(totals)) // of analysed lengths over live documents
	if v.Documents > 0 {
		for f, n := range totals {
			means[f] = rank.RoundMean(float64(n) / float64(v.Documents))
		}
	}
	v.Norms = rank.NormsFor(g.Schema, means, last)
	g.Hot.fit(v.Documents)
	g.Attributes.fit(v.Documents)
	g.enter(v)
	return v
}

// Retain takes a reference.
func (v *View) Retain() { v.refs.Add(1) }

// Release gives a reference back.
func (v *View) Release() {
	if v.refs.Add(-1) == 0 {
		v.Generation.leave(v)
		for _, p := range v.Partitions {
			p.Release()
		}
	}
}

// Positions are those the view has seen, by source.
func (v *View) Positions() map[string][]byte {
	return map[string][]byte{"catalog": v.Position, "orders": v.Signals.Position}
}

// maxFacetsKept bounds the facets that a view keeps.
const maxFacetsKept = 256

type facetKey struct {
	name string
	size int
}

// FacetOfAll is a facet over all products, counted once for each view.
func (v *View) FacetOfAll(p *facet.Plan) facet.Result {
	key := facetKey{p.Name, p.Size}
	f, ok := v.facets.Load(key)
	if !ok {
		for i, s := range v.Segments {
			p.Add(s.totalsOf(p, i))
		}
		f = p.Result(nil)
		if v.facetsKept.Add(1) <= maxFacetsKept {
			v.facets.Store(key, f)
		}
	}
	return f.(facet.Result)
}

// maxTermsKept bounds the look-ups that a view remembers.
const maxTermsKept = 1 << 14

// HasTerm tells whether a live product holds the term in a text field; look finds out,
// the first time.
func (v *View) HasTerm(term string, look func() (bool, error)) (bool, error) {
	if has, ok := v.terms.Load(term); ok {
		return has.(bool), nil
	}
	has, err := look()
	if err != nil {
		return false, err
	}
	if v.termsKept.Add(1) <= maxTermsKept {
		v.terms.Store(term, has)
	}
	return has, nil
}

// maxColumnsKept bounds the fields whose columns a view keeps together.
const maxColumnsKept = 256

// ColumnsOf gives the columns of a schema field or attribute (kind 0) by segment.
func (v *View) ColumnsOf(name string, kind schema.Kind) ([]column.Attribute, error) {
	if c, ok := v.columns.Load(name); ok {
		return c.([]column.Attribute), nil
	}
	out := make([]column.Attribute, len(v.Segments))
	all := true // are kept
	now := v.Generation.Now().Unix()
	for i, s := range v.Segments {
		if kind != 0 {
			out[i] = column.Attribute{Keywords: s.Columns.Keywords[name], Numbers: s.Columns.Numbers[name]}
			continue
		}
		var kept bool
		var err error
		if out[i], kept, err = s.attribute(name, &v.Generation.Attributes, now); err != nil {
			return nil, err
		}
		all = all && kept
	}
	if !all {
		v.Generation.makeRoom()
	} else if v.columnsKept.Add(1) <= maxColumnsKept {
		v.columns.Store(name, out)
	}
	return out, nil
}

// forgetColumns lets go of columns that may be kept nowhere else.
func (v *View) forgetColumns() {
	v.columns.Clear()
	v.columnsKept.Store(0)
}

// Find locates a live product.
func (v *View) Find(id string) (*Segment, uint32, bool, error) {
	p := v.Partitions[PartitionOf(id, len(v.Partitions))]
	for _, s := range p.Segments {
		bm, err := s.Bleve.DocNumbers([]string{id})
		if err != nil {
			return nil, 0, false, err
		}
		it := bm.Iterator()
		for it.HasNext() {
			if doc := it.Next(); !s.IsDead(doc) {
				return s, doc, true, nil
			}
		}
	}
	return nil, 0, false, nil
}

// PartitionOf spreads ids over n partitions.
func PartitionOf(id string, n int) int {
	// FNV-1a: stable for ever, since the partition is where the document lies.
	h := uint64(14695981039346656037)
	for i := range len(id) {
		h = (h ^ uint64(id[i])) * 1099511628211
	}
	return int(h % uint64(n))
}
