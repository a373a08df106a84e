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
	m := Memory{Attributes: x.attributes.used.Load(), Postings: x.hot.used.Load(), Values: x.dicts.Bytes()}
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

func (c *segmentColumns) bytes() int64 {
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
