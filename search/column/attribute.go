package column

import "fmt"

// Attribute is what an attribute has in a segment: keywords, numbers, both
// or neither.
type Attribute struct {
	Keywords *Keywords
	Numbers  *Numbers
}

// Bytes is about how much memory the columns take.
func (c *Attribute) Bytes() int64 { return 64 + c.Keywords.bytes() + c.Numbers.bytes() }

// Attribute builds the columns of an attribute.
func (b *Builder) Attribute(name string) (c Attribute, err error) {
	if c.Keywords, err = b.keyword(name); err != nil {
		return c, fmt.Errorf("column %q: %w", name, err)
	}
	if c.Numbers, err = b.number(name); err != nil {
		return c, fmt.Errorf("column %q: %w", name, err)
	}
	return c, nil
}
