package search

import (
	"encoding/binary"
	"math"
)

// Index fields. Their number is fixed.
const (
	fieldID      = "_id" // Bleve's own
	fieldTerms   = "t"   // + pack: terms of all searched fields, see packBits
	fieldKeyword = "k"   // NAME NUL value: one term for each keyword value
	fieldNumber  = "n"   // NAME NUL sortable float64: one term for each number
	fieldSort    = "s"   // NAME NUL folded text: one term for each sortable text
	fieldLength  = "l"   // text field ordinal, length: what BM25F normalises by
	fieldNames   = "a"   // NAME: which attributes a product has
	fieldStored  = "d"   // stored only: see stored.go
)

// A term has one postings list for all text fields together: what Bleve keeps as
// its frequency in a document is a pack of the frequencies in packFields fields, of
// packBits each, see compiledSchema.pack. So a query looks a term up once and reads one list, whatever the
// number of fields. Frequencies above maxFrequency count as maxFrequency: by then
// a term has earned 96 % of what it can.
const (
	packBits     = 4
	packFields   = 15 // Bleve shifts the number by one bit more
	maxFrequency = 1<<packBits - 1
)

// nameSeparator ends the name in terms of fieldKeyword, fieldNumber and
// fieldSort. Names hold none.
const nameSeparator = '\x00'

// Bounds of one document. What is longer is cut at a rune's border: a facet
// value or a sort key of such length tells nobody more.
const (
	maxKeywordBytes = 1 << 10
	maxSortBytes    = 256
	maxFieldLength  = math.MaxUint16
)

// appendSortable appends f as 8 bytes whose order as bytes is the order of the
// numbers. Invariant: f is not NaN.
func appendSortable(dst []byte, f float64) []byte {
	if f == 0 {
		f = 0 // -0 and 0 are one value
	}
	bits := math.Float64bits(f)
	if bits>>63 == 1 {
		bits = ^bits
	} else {
		bits |= 1 << 63
	}
	return binary.BigEndian.AppendUint64(dst, bits)
}

// sortableValue undoes appendSortable. Invariant: b has 8 bytes.
func sortableValue(b []byte) float64 {
	bits := binary.BigEndian.Uint64(b)
	if bits>>63 == 1 {
		bits &^= 1 << 63
	} else {
		bits = ^bits
	}
	return math.Float64frombits(bits)
}

// namePrefix is the prefix of all terms of a name.
func namePrefix(name string) []byte {
	b := make([]byte, 0, len(name)+1)
	b = append(b, name...)
	return append(b, nameSeparator)
}

// prefixEnd is the smallest key above all keys that begin with prefix, or nil
// when there is none.
func prefixEnd(prefix []byte) []byte {
	end := append([]byte(nil), prefix...)
	for i := len(end) - 1; i >= 0; i-- {
		if end[i] < 0xff {
			end[i]++
			return end[:i+1]
		}
	}
	return nil
}
