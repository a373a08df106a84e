package layout

import index "github.com/blevesearch/bleve_index_api"

// Document is a product ready for Bleve: its fields are analysed already,
// so that Bleve's analysis workers have nothing left to do.
type Document struct {
	id     string
	fields []index.Field
	hasID  bool
}

var _ index.Document = (*Document)(nil)

// NewDocument makes a document with room for so many fields.
func NewDocument(id string, fields int) *Document {
	return &Document{id: id, fields: make([]index.Field, 0, fields)}
}

// Add adds a field, unless it has no terms.
func (d *Document) Add(f *Field) {
	if len(f.terms) > 0 {
		d.fields = append(d.fields, f)
	}
}

// Store adds what is kept beside the postings.
func (d *Document) Store(record []byte) {
	d.fields = append(d.fields, &Field{name: Stored, options: index.StoreField, value: record})
}

// ID is the product's id.
func (d *Document) ID() string { return d.id }

// Size is an estimate of bytes in memory, for Bleve's statistics.
func (d *Document) Size() int { return 64 + 256*len(d.fields) }

// VisitFields calls visit with each field.
func (d *Document) VisitFields(visit index.FieldVisitor) {
	for _, f := range d.fields {
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
	f.terms = index.TokenFrequencies{}
	f.Add(d.id, 1)
	d.fields = append(d.fields, f)
}

// Field is one field with its terms counted.
type Field struct {
	name    string
	options index.FieldIndexingOptions
	value   []byte // stored fields only
	length  int
	terms   index.TokenFrequencies
	slab    []index.TokenFreq
}

var _ index.Field = (*Field)(nil)

// NewCountField makes a field that keeps a number with each term and document.
func NewCountField(name string) *Field {
	return &Field{name: name, options: index.IndexField, length: 1, terms: index.TokenFrequencies{}}
}

// NewSetField makes a field that keeps for each term which documents hold it.
func NewSetField(name string) *Field {
	return &Field{name: name, options: index.IndexField | index.SkipFreqNorm, length: 1, terms: index.TokenFrequencies{}}
}

// These are what Bleve asks of a field: a text that was analysed already.

func (f *Field) Name() string                                     { return f.name }
func (f *Field) Value() []byte                                    { return f.value }
func (f *Field) ArrayPositions() []uint64                         { return nil }
func (f *Field) EncodedFieldType() byte                           { return 't' }
func (f *Field) Analyze()                                         {}
func (f *Field) Options() index.FieldIndexingOptions              { return f.options }
func (f *Field) AnalyzedLength() int                              { return f.length }
func (f *Field) AnalyzedTokenFrequencies() index.TokenFrequencies { return f.terms }
func (f *Field) NumPlainTextBytes() uint64                        { return uint64(len(f.value)) }

// Count counts an occurrence of term in the bits at shift, see PackBits.
func (f *Field) Count(term string, shift uint) {
	if tf, ok := f.terms[term]; ok {
		if n := tf.Frequency(); n>>shift&MaxFrequency < MaxFrequency {
			tf.SetFrequency(n + 1<<shift)
		}
		return
	}
	f.Add(term, 1<<shift)
}

// Add adds a new term with a frequency.
func (f *Field) Add(term string, frequency int) {
	if len(f.slab) == cap(f.slab) { // a new slab: pointers into the old one stay good
		f.slab = make([]index.TokenFreq, 0, max(4, 2*cap(f.slab)))
	}
	f.slab = append(f.slab, index.TokenFreq{Term: []byte(term)})
	tf := &f.slab[len(f.slab)-1]
	tf.SetFrequency(frequency)
	f.terms[term] = tf
}

// Set notes that term occurs, without a count.
func (f *Field) Set(term string) {
	if _, ok := f.terms[term]; !ok {
		f.Add(term, 0)
	}
}
