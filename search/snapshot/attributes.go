package snapshot

import (
	"sync"
	"sync/atomic"

	"github.com/aisle-search/aisle/search/column"
)

// keptColumn is an attribute's column that is kept.
type keptColumn struct {
	column.Attribute
	size int64
	used atomic.Bool  // since the last time that room was made
	last atomic.Int64 // used, in seconds since 1970
}

// AttributeRoom is the room for all attribute columns of a generation.
type AttributeRoom struct {
	limit atomic.Int64
	used  atomic.Int64
	mu    sync.Mutex // one at a time makes room
}

// Bounds of attribute columns: for each generation, and in number for each segment.
const (
	minAttributeBytes   = 64 << 20
	attributeBytesEach  = 256 // for each product
	maxAttributeColumns = 1 << 10
)

// fit sets the limit for so many products.
func (r *AttributeRoom) fit(products int) {
	r.limit.Store(max(minAttributeBytes, attributeBytesEach*int64(products)))
}

// LimitTo sets the limit, until the next view: so tests reach it.
func (r *AttributeRoom) LimitTo(bytes int64) { r.limit.Store(bytes) }

// Bytes are in use.
func (r *AttributeRoom) Bytes() int64 { return r.used.Load() }

// attribute gives the columns of an attribute, built when first asked for, and
// whether they are kept.
func (v *Segment) attribute(name string, r *AttributeRoom, now int64) (column.Attribute, bool, error) {
	v.Columns.mu.Lock()
	defer v.Columns.mu.Unlock()
	if c := v.Columns.attributes[name]; c != nil {
		c.used.Store(true)
		c.last.Store(now)
		return c.Attribute, true, nil
	}
	// Most attributes are of few products, and a segment that was just committed has few:
	// its names tell sooner than a look into its terms.
	if v.Columns.Documents < warmDocuments {
		names, err := v.namesLocked()
		if err != nil {
			return column.Attribute{}, false, err
		}
		if !names.Has(name) {
			return column.Attribute{}, true, nil
		}
	}
	b := column.Builder{Segment: v.Bleve, Dicts: v.dicts}
	c, err := b.Attribute(name)
	if err != nil {
		return c, false, err
	}
	kept := &keptColumn{Attribute: c, size: c.Bytes()}
	if v.Columns.gone || r.used.Load()+kept.size > r.limit.Load() || len(v.Columns.attributes) >= maxAttributeColumns {
		return c, false, nil
	}
	kept.used.Store(true)
	kept.last.Store(now)
	v.Columns.attributes[name] = kept
	r.used.Add(kept.size)
	return c, true, nil
}

// makeRoom drops columns that nobody used since it did so last, until an eighth of the
// room is free.
func (g *Generation) makeRoom() {
	r := &g.Attributes
	if !r.mu.TryLock() {
		return
	}
	defer r.mu.Unlock()
	want := r.limit.Load() * 7 / 8
	seen := map[*Columns]bool{}
	for _, v := range g.living() {
		for _, s := range v.Segments {
			if !seen[s.Columns] {
				seen[s.Columns] = true
				s.Columns.dropUnused(r, want)
			}
		}
		v.forgetColumns() // among them those just dropped
	}
}

// dropUnused drops columns of attributes while more room is used than wanted.
func (c *Columns) dropUnused(r *AttributeRoom, want int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for name, kept := range c.attributes {
		if kept.used.Swap(false) || r.used.Load() <= want {
			continue
		}
		r.used.Add(-kept.size)
		delete(c.attributes, name)
	}
}

// Columns are built in the background for attributes that were asked for in the last
// warmSeconds, and for segments of warmDocuments or more: a search builds those of a
// small one in no time.
const (
	warmSeconds   = 30
	warmDocuments = 256
)

// attributesInUse names the attributes that were asked for since an instant.
func (c *Columns) attributesInUse(since int64, into map[string]bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for name, kept := range c.attributes {
		if kept.last.Load() >= since {
			into[name] = true
		}
	}
}

// has tells whether an attribute's column is there.
func (c *Columns) has(name string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.attributes[name] != nil
}

// WarmAttributes builds the columns that some segments have and others, new ones,
// lack, so that no search has to.
func (v *View) WarmAttributes() error {
	since := v.Generation.Now().Unix() - warmSeconds
	names := map[string]bool{}
	for _, s := range v.Segments {
		s.Columns.attributesInUse(since, names)
	}
	for name := range names {
		for _, s := range v.Segments {
			if s.Columns.Documents < warmDocuments || s.Columns.has(name) {
				continue
			}
			// Not marked as used: that would keep it in use for ever.
			if _, _, err := s.attribute(name, &v.Generation.Attributes, since); err != nil {
				return err
			}
		}
	}
	return nil
}
