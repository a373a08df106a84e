package search

import (
	index "github.com/blevesearch/bleve_index_api"
)

// indexDocument is a Document ready for Bleve: its fields are analysed already,
// so that Bleve's analysis workers have nothing left to do.
type indexDocument struct {
	id     string
	fields []index.Field
	hasID  bool
}

var _ index.Document = (*indexDocument)(nil)

func (d *indexDocument) ID() string { return d.id }

// Size is an estimate of bytes in memory, for Bleve's statistics.
func (d *indexDocument) Size() int { return 64 + 256*len(d.fields) }

func (d *indexDocument) VisitFields(visit index.FieldVisitor) {
	for _, f := range d.fields {
		visit(f)
	}
}

func (d *indexDocument) VisitComposite(index.CompositeFieldVisitor) {}
func (d *indexDocument) HasComposite() bool                         { return false }
func (d *indexDocument) NumPlainTextBytes() uint64                  { return 0 }
func (d *indexDocument) StoredFieldsBytes() uint64                  { return 0 }
func (d *indexDocument) Indexed() bool                              { return true }

// AddIDField adds the field that Bleve finds the document by. Bleve calls it
// once for each batch the document is in.
func (d *indexDocument) AddIDField() {
	if d.hasID {
		return
	}
	d.hasID = true
	f := &indexField{name: fieldID, options: index.IndexField | index.StoreField, value: []byte(d.id), length: 1}
	f.terms = index.TokenFrequencies{}
	f.add(d.id, 1)
	d.fields = append(d.fields, f)
}

// indexField is one field with its terms counted.
type indexField struct {
	name    string
	options index.FieldIndexingOptions
	value   []byte // stored fields only
	length  int
	terms   index.TokenFrequencies
	slab    []index.TokenFreq
}

var _ index.Field = (*indexField)(nil)

func (f *indexField) Name() string                                     { return f.name }
func (f *indexField) Value() []byte                                    { return f.value }
func (f *indexField) ArrayPositions() []uint64                         { return nil }
func (f *indexField) EncodedFieldType() byte                           { return 't' }
func (f *indexField) Analyze()                                         {}
func (f *indexField) Options() index.FieldIndexingOptions              { return f.options }
func (f *indexField) AnalyzedLength() int                              { return f.length }
func (f *indexField) AnalyzedTokenFrequencies() index.TokenFrequencies { return f.terms }
func (f *indexField) NumPlainTextBytes() uint64                        { return uint64(len(f.value)) }

// count counts an occurrence of term in the bits at shift, see packBits.
func (f *indexField) count(term string, shift uint) {
	if tf, ok := f.terms[term]; ok {
		if n := tf.Frequency(); n>>shift&maxFrequency < maxFrequency {
			tf.SetFrequency(n + 1<<shift)
		}
		return
	}
	f.add(term, 1<<shift)
}

// add adds a new term with a frequency.
func (f *indexField) add(term string, frequency int) {
	if len(f.slab) == cap(f.slab) { // a new slab: pointers into the old one stay good
		f.slab = make([]index.TokenFreq, 0, max(4, 2*cap(f.slab)))
	}
	f.slab = append(f.slab, index.TokenFreq{Term: []byte(term)})
	tf := &f.slab[len(f.slab)-1]
	tf.SetFrequency(frequency)
	f.terms[term] = tf
}

// set notes that term occurs, without a count.
func (f *indexField) set(term string) {
	if _, ok := f.terms[term]; !ok {
		f.add(term, 0)
	}
}
