package layout

import index "github.com/blevesearch/bleve_index_api"

// Document is a product ready for Bleve: its fields are analysed already,
// so that Bleve's analysis workers have nothing left to do.
type Document struct {
	Fields []*Field
	id     string
	record []byte
	hasID  bool
}

var _ index.Document = (*Document)(nil)

// NewDocument makes a document with room for so many fields.
func NewDocument(id string, fields int) *Document {
	return &Document{id: id, Fields: make([]*Field, 0, fields)}
}

// Add adds a field, unless it has no terms.
func (d *Document) Add(f *Field) {
	if len(f.Terms) > 0 {
		d.Fields = append(d.Fields, f)
	}
}

// Store adds what is kept beside the postings.
func (d *Document) Store(record []byte) {
	d.record = record
	d.Fields = append(d.Fields, &Field{name: Stored, options: index.StoreField, value: record})
}

// Record is what is kept beside the postings; nil when nothing is.
func (d *Document) Record() []byte { return d.record }

// ID is the product's id.
func (d *Document) ID() string { return d.id }

// Size is an estimate of bytes in memory, for Bleve's statistics.
func (d *Document) Size() int { return 64 + 256*len(d.Fields) }

// VisitFields calls visit with each field.
func (d *Document) VisitFields(visit index.FieldVisitor) {
	for _, f := range d.Fields {
		visit(f)
	}
}

// These are what Bleve asks of a document beside its fields: there are no composite
// fields, and nothing is counted for its statistics.

func (d *Document) VisitComposite(index.CompositeFieldVisitor) {}
func (d *Document) HasComposite() bool                         { return false }
func (d *Document) NumPlainTextBytes() uint64                  { return 0 }
func (d *Document) StoredFieldsBytes() uint64                  { return 0 }
func (d *Document) Indexed() bool                              { return true }

// AddIDField adds the field that Bleve finds the document by. Bleve calls it
// once for each batch the document is in.
func (d *Document) AddIDField() {
	if d.hasID {
		return
	}
	d.hasID = true
	f := &Field{name: ID, options: index.IndexField | index.StoreField, value: []byte(d.id), length: 1}
	f.Terms = []Term{{Text: d.id, Weight: 1}}
	d.Fields = append(d.Fields, f)
}

// Field is one field with its terms.
type Field struct {
	// Terms may name a term more than once: then its weights add up, see AddWeights.
	Terms   []Term
	name    string
	options index.FieldIndexingOptions
	value   []byte // stored fields only
	length  int
}

// Term is an occurrence of a term.
type Term struct {
	Text   string
	Weight uint64 // what Bleve keeps as the frequency; 0 where none is kept
}

var _ index.Field = (*Field)(nil)

// FieldType is what all fields say of their type: text.
const FieldType = 't'

// NewCountField makes a field that keeps a number with each term and document, with room
// for so many terms.
func NewCountField(name string, terms int) *Field {
	return &Field{name: name, options: index.IndexField, length: 1, Terms: make([]Term, 0, terms)}
}

// NewSetField makes a field that keeps for each term which documents hold it, with room
// for so many terms.
func NewSetField(name string, terms int) *Field {
	return &Field{name: name, options: index.IndexField | index.SkipFreqNorm, length: 1, Terms: make([]Term, 0, terms)}
}

// These are what Bleve asks of a field: a text that was analysed already.

func (f *Field) Name() string                        { return f.name }
func (f *Field) Value() []byte                       { return f.value }
func (f *Field) ArrayPositions() []uint64            { return nil }
func (f *Field) EncodedFieldType() byte              { return FieldType }
func (f *Field) Analyze()                            {}
func (f *Field) Options() index.FieldIndexingOptions { return f.options }
func (f *Field) AnalyzedLength() int                 { return f.length }
func (f *Field) NumPlainTextBytes() uint64           { return uint64(len(f.value)) }

// AnalyzedTokenFrequencies gives the terms as Bleve's own builder of segments asks for
// them.
func (f *Field) AnalyzedTokenFrequencies() index.TokenFrequencies {
	terms := make(index.TokenFrequencies, len(f.Terms))
	for _, t := range f.Terms {
		to, known := terms[t.Text]
		if !known {
			to = &index.TokenFreq{Term: []byte(t.Text)}
			terms[t.Text] = to
		}
		to.SetFrequency(int(AddWeights(uint64(to.Frequency()), t.Weight)))
	}
	return terms
}

// Set notes that term occurs, without a count.
func (f *Field) Set(term string) { f.Terms = append(f.Terms, Term{term, 0}) }

// AddWeights adds the weights of two occurrences in one document, the second of which
// is a single count: a frequency that is full stays as it is.
func AddWeights(sum, one uint64) uint64 {
	if full := one * MaxFrequency; sum&full == full {
		return sum
	}
	return sum + one
}
