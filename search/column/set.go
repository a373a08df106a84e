package column

// Set holds what a segment's documents are filtered, counted, sorted and
// scored by, as plain arrays by document number. It is built once from the
// segment's terms and never changes. Attributes have columns of their own.
type Set struct {
	Documents int
	IDs       IDs
	Ordinals  []uint32 // into the signal table
	lengths   []uint16 // analysed length, by document, then text field
	Texts     int      // text fields
	Keywords  map[string]*Keywords
	Numbers   map[string]*Numbers
	Sorts     map[string]*Sorts
}

// LengthsOf are the lengths of a document's text fields.
func (c *Set) LengthsOf(doc uint32) []uint16 {
	from := int(doc) * c.Texts
	return c.lengths[from : from+c.Texts : from+c.Texts]
}

// Bytes is about how much memory the columns take.
func (c *Set) Bytes() int64 {
	n := c.IDs.size() + 4*int64(len(c.Ordinals)) + 2*int64(len(c.lengths))
	for _, k := range c.Keywords {
		n += k.bytes()
	}
	for _, k := range c.Numbers {
		n += k.bytes()
	}
	for _, s := range c.Sorts {
		n += s.bytes()
	}
	return n
}

// multiOverhead is about what a document with several values takes in a map.
const multiOverhead = 64
