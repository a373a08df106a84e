package rank

import (
	"math"
	"math/bits"
	"slices"

	"github.com/aisle-search/aisle/search/layout"
	"github.com/aisle-search/aisle/search/schema"
)

// Norms is what one occurrence of a term weighs, by text field and its length in
// a document: the field's weight, less the longer the field is than on average.
type Norms struct {
	means  []float64 // by field, rounded
	fields []fieldNorm
	slots  []int // fields in the order of their bits, over all packs
}

type fieldNorm struct {
	weight, mean float64
	short        [256]float64 // by length
}

// meanBits are the bits of a mean length that count, beside the leading one: means
// are good to 0.4 %. So a write does not move the scores of all other products, and
// weights once computed stay good.
const meanBits = 7

// RoundMean rounds a mean length.
func RoundMean(mean float64) float64 {
	const rest = 52 - meanBits
	return math.Float64frombits((math.Float64bits(mean) + 1<<(rest-1)) &^ (1<<rest - 1))
}

// NormsFor gives the norms of rounded means, the last ones if those are the same.
func NormsFor(fields *schema.Compiled, means []float64, last *Norms) *Norms {
	if last != nil && slices.Equal(last.means, means) {
		return last
	}
	n := &Norms{means: means, fields: make([]fieldNorm, len(means)), slots: fields.Slots}
	for i := range n.fields {
		f := &n.fields[i]
		f.weight, f.mean = fields.Texts[i].Weight, means[i]
		for length := range f.short {
			f.short[length] = f.one(uint16(length))
		}
	}
	return n
}

// Means are the rounded mean lengths, by text field. They are not to be changed.
func (n *Norms) Means() []float64 { return n.means }

// one is what one occurrence weighs in a field of that length.
func (f *fieldNorm) one(length uint16) float64 {
	relative := 0.0 // where texts hold nothing but variants
	if f.mean > 0 {
		relative = float64(length) / f.mean
	}
	return f.weight / (1 - lengthShare + lengthShare*relative)
}

// frequency is what so many occurrences weigh.
func (f *fieldNorm) frequency(tf uint64, length uint16) float64 {
	if int(length) < len(f.short) {
		return f.short[length] * float64(tf)
	}
	return f.one(length) * float64(tf)
}

// OfField is the weighted frequency of a term in one text field of some length.
func (n *Norms) OfField(field int, tf uint64, length uint16) float64 {
	return n.fields[field].frequency(tf, length)
}

// Frequency is the weighted frequency of a term by its packed frequencies and the
// lengths of the document's fields.
func (n *Norms) Frequency(pack int, packed uint64, lengths []uint16) (sum float64) {
	slots := n.slots[pack*layout.PackFields:]
	for packed != 0 {
		slot := bits.TrailingZeros64(packed) / layout.PackBits
		field := slots[slot]
		shift := slot * layout.PackBits
		sum += n.fields[field].frequency(packed>>shift&layout.MaxFrequency, lengths[field])
		packed &^= layout.MaxFrequency << shift
	}
	return sum
}
