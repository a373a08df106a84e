package search

// Memory is what an index keeps in memory beside Bleve's mapped files, in bytes,
// about.
type Memory struct {
	Columns    int64 // of the schema's fields, ids, lengths and sorted orders
	Attributes int64 // columns of attributes that were asked for; bounded
	Postings   int64 // decoded lists of terms that were asked for; bounded
	Values     int64 // dictionaries of keyword values
}

// Memory adds up what the current view's segments keep.
func (x *Index) Memory() Memory {
	m := Memory{Attributes: x.attributes.used.Load(), Postings: x.hot.used.Load(), Values: x.dicts.bytes()}
	v, err := x.acquire()
	if err != nil {
		return m
	}
	defer v.release()
	for _, s := range v.segments {
		m.Columns += s.cols.bytes()
	}
	return m
}

// fixedBytes are those of what never changes.
func (c *columns) fixedBytes() int64 {
	n := int64(len(c.ids.bytes)) + 4*int64(len(c.ids.starts)+len(c.ids.rank)+len(c.ordinals)) + 2*int64(len(c.lengths))
	for _, k := range c.keywords {
		n += k.bytes()
	}
	for _, k := range c.numbers {
		n += k.bytes()
	}
	for _, s := range c.sorts {
		n += s.bytes()
	}
	return n
}

func (c *segmentColumns) bytes() int64 {
	n := c.fixed
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, o := range c.orders {
		n += 4 * int64(len(o))
	}
	if c.names != nil {
		n += 4 * int64(len(c.names.starts)+len(c.names.lists))
	}
	return n
}

// multiOverhead is about what a document with several values takes in a map.
const multiOverhead = 64

func (c *keywordColumn) bytes() (n int64) {
	if c == nil {
		return 0
	}
	n = 2*int64(len(c.small)) + 4*int64(len(c.large))
	for _, ids := range c.multi {
		n += multiOverhead + 4*int64(len(ids))
	}
	return n
}

func (c *numberColumn) bytes() (n int64) {
	if c == nil {
		return 0
	}
	n = 2*int64(len(c.small)) + 4*int64(len(c.middle)) + 8*int64(len(c.large))
	for _, numbers := range c.multi {
		n += multiOverhead + 8*int64(len(numbers))
	}
	return n
}

func (c *sortColumn) bytes() int64 {
	n := 4 * int64(len(c.rank))
	for _, k := range c.keys {
		n += 16 + int64(len(k))
	}
	return n
}

func (c *attributeColumn) bytes() int64 { return 64 + c.keywords.bytes() + c.numbers.bytes() }

// valueOverhead is about what a value takes beside its spelling: in the list of
// values and in two maps.
const valueOverhead = 160

func (d *dictionaries) bytes() (n int64) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	for name, dict := range d.byName {
		n += int64(len(name)) + dict.bytes.Load()
	}
	return n
}
