package layout

// Index fields. Their number is fixed.
const (
	ID       = "_id" // Bleve's own
	Terms    = "t"   // + pack: terms of all searched fields, see PackBits
	Keywords = "k"   // NAME NUL value: one term for each keyword value
	Numbers  = "n"   // NAME NUL sortable float64: one term for each number
	Sorts    = "s"   // NAME NUL folded text: one term for each sortable text
	Lengths  = "l"   // text field ordinal, length: what BM25F normalises by
	Names    = "a"   // NAME: which attributes a product has
	Stored   = "d"   // stored only: see package record
)

// A term has one postings list for all text fields together: what Bleve keeps as
// its frequency in a document is a pack of the frequencies in PackFields fields, of
// PackBits each; which field has which bits is the schema's business. So a query
// looks a term up once and reads one list, whatever the number of fields.
// Frequencies above MaxFrequency count as MaxFrequency: by then a term has earned
// 96 % of what it can.
const (
	PackBits     = 4
	PackFields   = 15 // Bleve shifts the number by one bit more
	MaxFrequency = 1<<PackBits - 1
)

// Separator ends the name in terms of Keywords, Numbers and
// Sorts. Names hold none.
const Separator = '\x00'

// Prefix is the prefix of all terms of a name.
func Prefix(name string) []byte {
	b := make([]byte, 0, len(name)+1)
	b = append(b, name...)
	return append(b, Separator)
}

// PrefixEnd is the smallest key above all keys that begin with prefix, or nil
// when there is none.
func PrefixEnd(prefix []byte) []byte {
	end := append([]byte(nil), prefix...)
	for i := len(end) - 1; i >= 0; i-- {
		if end[i] < 0xff {
			end[i]++
			return end[:i+1]
		}
	}
	return nil
}

// LengthTerm is the term of Lengths that says how long a text field is.
func LengthTerm(field, length int) string {
	return string([]byte{byte(field), byte(length >> 8), byte(length)})
}

// ParseLength undoes LengthTerm; ok tells whether it is one.
func ParseLength(term string) (field int, length uint16, ok bool) {
	if len(term) != 3 {
		return 0, 0, false
	}
	return int(term[0]), uint16(term[1])<<8 | uint16(term[2]), true
}
