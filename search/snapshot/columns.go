package snapshot

import (
	"sync"

	"github.com/blevesearch/bleve/v2/index/scorch"

	"github.com/aisle-search/aisle/search/column"
)

// Columns are the columns of one segment, whatever was deleted since.
type Columns struct {
	*column.Set
	ID           uint64   // of the segment in its partition
	Name         *Name    // of the segment in this process
	lengthTotals []uint64 // by text field
	fixed        int64    // bytes of columns

	mu         sync.Mutex // guards the maps below
	attributes map[string]*keptColumn
	gone       bool // the segment is: no more columns are kept
	names      *column.Names
	orders     map[string][]uint32 // by sort, see Order

	// Readers are those of package match that nobody uses now: one user at a time.
	Readers sync.Pool
	Hot     HotLists
}

// Name tells a segment from every other of the process. Who keeps one keeps no columns
// alive.
type Name struct{ _ byte } // of a size, or all would have one address

// NewColumns builds the columns of a segment.
func NewColumns(s *scorch.SegmentSnapshot, g *Generation) (*Columns, error) {
	b := column.Builder{Segment: s.Segment(), Schema: g.Schema, Dicts: g.Dictionaries, Signals: g.Signals}
	c, err := b.Build()
	if err != nil {
		return nil, err
	}
	cols := &Columns{Set: c, ID: s.Id(), Name: &Name{}, fixed: c.Bytes(), attributes: map[string]*keptColumn{}, orders: map[string][]uint32{}}
	cols.lengthTotals = make([]uint64, c.Texts)
	for doc := range uint32(c.Documents) {
		for f, n := range c.LengthsOf(doc) {
			cols.lengthTotals[f] += uint64(n)
		}
	}
	return cols, nil
}

// Drop gives back the room of a segment that has gone.
func (c *Columns) Drop(g *Generation) {
	c.Hot.drop(&g.Hot)
	c.dropAttributes(&g.Attributes)
}

// dropAttributes gives back the room of a segment that has gone.
func (c *Columns) dropAttributes(r *AttributeRoom) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, kept := range c.attributes {
		r.used.Add(-kept.size)
	}
	c.gone, c.attributes = true, nil
}

// Bytes is about how much memory the columns and orders take, without attributes.
func (c *Columns) Bytes() int64 {
	n := c.fixed
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, o := range c.orders {
		n += 4 * int64(len(o))
	}
	if c.names != nil {
		n += c.names.Bytes()
	}
	return n
}
