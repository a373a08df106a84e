package schema

// Kind is what the values of a field are.
type Kind uint8

const (
	// Keyword values are compared whole, ignoring case, accents and surrounding
	// blanks.
	Keyword Kind = iota + 1
	// Number values are numbers.
	Number
	// Money values are whole minor units of the field's currency.
	Money
	// Date values are milliseconds since 1970 UTC.
	Date
	// Bool values are the keywords "true" and "false".
	Bool
	// Text values are searched and perhaps sorted, never faceted.
	Text
)

// Field describes one named field of a schema. Attributes (names that begin
// with "attr.") need no description.
type Field struct {
	Name string
	Kind Kind
	// Weight is the field's weight in BM25F; 0 means not searched.
	Weight float64
	// Identifier marks fields of codes (SKU, EAN): found in any spelling.
	Identifier bool
	Facet      bool
	Sort       bool
	Currency   string // ISO 4217 (Money)
	MinorUnits int    // digits after the point (Money)
}

// Schema is what an index knows of its fields. Fields that are not listed are
// refused, except attributes.
type Schema struct {
	Fields []Field
	// AttributeWeight is the BM25F weight of the text of all attributes together.
	AttributeWeight float64
	// Hash identifies the mapping that the documents were made by. An index of
	// another hash needs a rebuild.
	Hash string
}

// Numeric tells whether the field's values are numbers.
func (k Kind) Numeric() bool { return k == Number || k == Money || k == Date }

// Describe says what a number of the kind looks like.
func (k Kind) Describe() string {
	switch k {
	case Money:
		return "a whole number of minor units"
	case Date:
		return "a date (2006-01-02) or time (RFC 3339)"
	}
	return "a number"
}
