package search

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

// Document is one product as the index takes it. Names are those of the schema,
// or "attr.NAME".
type Document struct {
	ID       string
	Texts    []TextValue    // analysed, searched with their field's weight
	Keywords []KeywordValue // filtered and faceted: Keyword and Bool fields
	Numbers  []NumberValue  // filtered, faceted, sorted: Number, Money, Date
	// AttributeText is the text of all attributes, searched as one field.
	AttributeText []string
	// Display is the JSON object that a hit shows.
	Display []byte
	// Detail is the JSON object that the product page shows: all attributes.
	Detail []byte
	// Group is the variant group, or empty.
	Group string
	// Digest identifies the content that the document was made from; the drift
	// check compares it.
	Digest uint64
}

// TextValue is a text of a field. A field may have several.
type TextValue struct{ Field, Text string }

// KeywordValue is a whole value of a field. A field may have several.
type KeywordValue struct{ Field, Value string }

// NumberValue is a number of a field. A field may have several.
type NumberValue struct {
	Field string
	Value float64
}

// Batch is what one commit makes durable. No id occurs twice in it.
type Batch struct {
	Documents []Document
	Deletes   []string
	// Position is stored in the same commit; nil leaves the stored one.
	Position []byte
}

// Signal holds the fast-changing numbers of a product.
type Signal struct {
	ID      string
	Stock   int64 // pieces that can be bought
	Sold7   int64 // pieces sold in the last 7 days, today among them
	Sold30  int64
	Tracked bool // false: no stock row is known, and the product cannot be ordered
}

// Buyable tells whether a piece can be bought now.
func (s Signal) Buyable() bool { return s.Tracked && s.Stock > 0 }
