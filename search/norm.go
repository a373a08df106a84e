package search

import (
	"math/bits"
	"sync"
)

// norms is what one occurrence of a term weighs, by text field and its length in
// a document: the field's weight, less the longer the field is than on average.
type norms struct {
	fields []fieldNorm
}

type fieldNorm struct {
	weight, mean float64
	short        [256]float64 // by length
}

// normsOnce makes a view's norms when they are first asked for.
type normsOnce struct {
	once sync.Once
	made *norms
}

func (v *View) normsOf() *norms {
	v.norms.once.Do(func() {
		n := &norms{fields: make([]fieldNorm, len(v.means))}
		for i := range n.fields {
			f := &n.fields[i]
			f.weight, f.mean = v.index.schema.texts[i].Weight, v.means[i]
			for length := range f.short {
				f.short[length] = f.one(uint16(length))
			}
		}
		v.norms.made = n
	})
	return v.norms.made
}

// one is what one occurrence weighs in a field of that length.
func (f *fieldNorm) one(length uint16) float64 {
	relative := 0.0 // where texts hold nothing but variants
	if f.mean > 0 {
		relative = float64(length) / f.mean
	}
	return f.weight / (1 - bm25B + bm25B*relative)
}

func (f *fieldNorm) frequency(tf uint64, length uint16) float64 {
	if int(length) < len(f.short) {
		return f.short[length] * float64(tf)
	}
	return f.one(length) * float64(tf)
}

// frequency is the weighted frequency of a term by its packed frequencies and the
// lengths of the document's fields.
func (n *norms) frequency(pack int, packed uint64, lengths []uint16) (sum float64) {
	last := len(n.fields) - 1 - pack*packFields // field of the lowest bits
	for packed != 0 {
		slot := bits.TrailingZeros64(packed) / packBits
		field := last - slot
		shift := slot * packBits
		sum += n.fields[field].frequency(packed>>shift&maxFrequency, lengths[field])
		packed &^= maxFrequency << shift
	}
	return sum
}
