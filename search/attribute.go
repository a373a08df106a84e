package search

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

// attributeRoom is the room for all attribute columns of a generation.
type attributeRoom struct {
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

func (r *attributeRoom) fit(products int) {
	r.limit.Store(max(minAttributeBytes, attributeBytesEach*int64(products)))
}

// attribute gives the columns of an attribute, built when first asked for, and
// whether they are kept.
func (v *segmentView) attribute(name string, r *attributeRoom, now int64) (column.Attribute, bool, error) {
	v.cols.mu.Lock()
	defer v.cols.mu.Unlock()
	if c := v.cols.attributes[name]; c != nil {
		c.used.Store(true)
		c.last.Store(now)
		return c.Attribute, true, nil
	}
	b := column.Builder{Segment: v.segment, Dicts: v.dicts}
	c, err := b.Attribute(name)
	if err != nil {
		return c, false, err
	}
	kept := &keptColumn{Attribute: c, size: c.Bytes()}
	if v.cols.gone || r.used.Load()+kept.size > r.limit.Load() || len(v.cols.attributes) >= maxAttributeColumns {
		return c, false, nil
	}
	kept.used.Store(true)
	kept.last.Store(now)
	v.cols.attributes[name] = kept
	r.used.Add(kept.size)
	return c, true, nil
}

// makeRoom drops columns that nobody used since it did so last, of the view's
// segments, until an eighth of all is free.
func (r *attributeRoom) makeRoom(v *View) {
	if !r.mu.TryLock() {
		return
	}
	defer r.mu.Unlock()
	want := r.limit.Load() * 7 / 8
	for _, s := range v.segments {
		s.cols.mu.Lock()
		for name, c := range s.cols.attributes {
			if c.used.Swap(false) || r.used.Load() <= want {
				continue
			}
			r.used.Add(-c.size)
			delete(s.cols.attributes, name)
		}
		s.cols.mu.Unlock()
	}
	v.columns.Clear() // it holds columns by name
	v.columnsKept.Store(0)
}

// dropAttributes gives back the room of a segment that has gone.
func (c *segmentColumns) dropAttributes(r *attributeRoom) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, kept := range c.attributes {
		r.used.Add(-kept.size)
	}
	c.gone, c.attributes = true, nil
}

// Columns are built in the background for attributes that were asked for in the last
// warmSeconds, and for segments of warmDocuments or more: a search builds those of a
// small one in no time.
const (
	warmSeconds   = 30
	warmDocuments = 256
)

// attributesInUse names the attributes that were asked for since an instant.
func (c *segmentColumns) attributesInUse(since int64, into map[string]bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for name, kept := range c.attributes {
		if kept.last.Load() >= since {
			into[name] = true
		}
	}
}

// has tells whether an attribute's column is there.
func (c *segmentColumns) has(name string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.attributes[name] != nil
}

// warmAttributes builds the columns that some segments have and others, new ones,
// lack, so that no search has to.
func (x *Index) warmAttributes() error {
	v, err := x.acquire()
	if err != nil {
		return err
	}
	defer v.release()
	since := x.now().Unix() - warmSeconds
	names := map[string]bool{}
	for _, s := range v.segments {
		s.cols.attributesInUse(since, names)
	}
	for name := range names {
		for _, s := range v.segments {
			if s.cols.Documents < warmDocuments || s.cols.has(name) {
				continue
			}
			// Not marked as used: that would keep it in use for ever.
			if _, _, err := s.attribute(name, &x.attributes, since); err != nil {
				return err
			}
		}
	}
	return nil
}
