package search

import (
	"github.com/aisle-search/aisle/search/record"
	"github.com/aisle-search/aisle/search/schema"
	"github.com/aisle-search/aisle/search/signal"
)

// Kind is what the values of a field are.
type Kind = schema.Kind

// The kinds of fields.
const (
	Keyword = schema.Keyword // compared whole, ignoring case, accents and surrounding blanks
	Number  = schema.Number
	Money   = schema.Money // whole minor units of the field's currency
	Date    = schema.Date  // milliseconds since 1970 UTC
	Bool    = schema.Bool  // the keywords "true" and "false"
	Text    = schema.Text  // searched and perhaps sorted, never faceted
)

// Field describes one named field of a Schema: its kind, and whether it is
// searched, faceted or sorted by.
type Field = schema.Field

// Schema is what an index knows of its fields.
type Schema = schema.Schema

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

// content is what an index keeps of a document beside its postings.
func (d *Document) content() record.Content {
	return record.Content{Digest: d.Digest, Group: d.Group, Display: d.Display, Detail: d.Detail}
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
	// Deferred says that nobody searches yet: what the batch brings is shown by the next
	// one that is not deferred, by Compact or by Refresh. It saves looking at segments
	// that are soon merged.
	Deferred bool
}

// Signal holds the fast-changing numbers of a product.
type Signal struct {
	ID      string
	Stock   int64 // pieces that can be bought
	Sold7   int64 // pieces sold in the last 7 days, today among them
	Sold30  int64
	Tracked bool // false: no stock row is known, and the product cannot be ordered
}

// signalOf is the signal of a product as an index keeps it.
func signalOf(id string, v signal.Value) Signal {
	return Signal{ID: id, Stock: v.Stock, Sold7: int64(v.Sold7), Sold30: int64(v.Sold30), Tracked: v.Tracked}
}

// Buyable tells whether a piece can be bought now.
func (s Signal) Buyable() bool { return s.Tracked && s.Stock > 0 }

// TextField is one field that BM25F scores: a searched field of the schema, the
// modifiers of the title, or the text of all attributes.
type TextField struct{ schema.TextField }

// Values are the texts of a document that belong to the field.
func (f *TextField) Values(d *Document) []string { return textValues(&f.TextField, d) }

// TextFields are the fields that BM25F scores under a schema, in the order in
// which their shares are added up.
func TextFields(s Schema) ([]TextField, error) {
	c, err := schema.Compile(s)
	if err != nil {
		return nil, err
	}
	out := make([]TextField, len(c.Texts))
	for i := range c.Texts {
		out[i].TextField = c.Texts[i]
	}
	return out, nil
}

// textValues are the texts of a document that belong to a text field.
func textValues(f *schema.TextField, d *Document) []string {
	if f.Source == "" {
		return d.AttributeText
	}
	var out []string
	for _, v := range d.Texts {
		if v.Field == f.Source {
			out = append(out, f.Part(v.Text))
		}
	}
	return out
}
