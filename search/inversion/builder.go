package inversion

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	index "github.com/blevesearch/bleve_index_api"
	zap "github.com/blevesearch/zapx/v17"
	"github.com/golang/snappy"

	"github.com/aisle-search/aisle/search/layout"
)

// builder writes one segment after the other. Its memory is used again.
type builder struct {
	out      []byte // the segment but for its footer, which Bleve adds on disk
	storedAt uint64 // where the offsets of what is stored begin
	fieldsAt uint64 // where the offsets of the fields begin
	docs     int
	fields   []field
	inverter inverter
	meta     []byte
	packed   []byte
}

// field is a field of any of the documents.
type field struct {
	name    string
	options index.FieldIndexingOptions
	of      []occurrence // in order of documents
	at      uint64       // where its part of the segment is described
}

// occurrence is a field of one document.
type occurrence struct {
	doc   uint32
	terms []layout.Term
}

func newBuilder() *builder { return &builder{inverter: newInverter()} }

// build leaves in out a segment of documents.
func (b *builder) build(docs []*layout.Document) error {
	b.out, b.docs = b.out[:0], len(docs)
	b.collect(docs)
	defer clear(b.fields) // they hold on to the documents
	b.writeStored(docs)
	for i := range b.fields {
		f := &b.fields[i]
		var err error
		if b.out, f.at, err = b.inverter.write(b.out, f.of, b.docs); err != nil {
			return fmt.Errorf("invert field %q: %w", f.name, err)
		}
	}
	b.writeFields()
	return nil
}

// collect finds the fields of the documents: the id first, as Bleve expects it, the
// others by name.
func (b *builder) collect(docs []*layout.Document) {
	b.fields = append(b.fields[:0], field{name: layout.ID, options: index.IndexField | index.StoreField})
	for doc, d := range docs {
		for _, f := range d.Fields {
			to := b.field(f.Name())
			to.options |= f.Options()
			if len(f.Terms) > 0 {
				to.of = append(to.of, occurrence{doc: uint32(doc), terms: f.Terms})
			}
		}
	}
	slices.SortFunc(b.fields[1:], func(x, y field) int { return strings.Compare(x.name, y.name) })
}

// field finds a field among the dozen that there are.
func (b *builder) field(name string) *field {
	for i := range b.fields {
		if b.fields[i].name == name {
			return &b.fields[i]
		}
	}
	b.fields = append(b.fields, field{name: name})
	return &b.fields[len(b.fields)-1]
}

// writeStored writes what is stored of each document: the id as it is, the record in
// Snappy's format, before both what they are.
func (b *builder) writeStored(docs []*layout.Document) {
	record := slices.IndexFunc(b.fields, func(f field) bool { return f.name == layout.Stored })
	offsets := make([]uint64, len(docs))
	for i, d := range docs {
		id, value := d.ID(), d.Record()
		b.meta = binary.AppendUvarint(b.meta[:0], uint64(len(id)))
		if value != nil {
			for _, v := range [...]int{record, layout.FieldType, 0, len(value), 0} { // field, type, start, length, no array positions
				b.meta = binary.AppendUvarint(b.meta, uint64(v))
			}
		}
		b.packed = snappy.Encode(b.packed[:cap(b.packed)], value)
		offsets[i] = uint64(len(b.out))
		b.out = binary.AppendUvarint(b.out, uint64(len(b.meta)))
		b.out = binary.AppendUvarint(b.out, uint64(len(id)+len(b.packed)))
		b.out = append(b.out, b.meta...)
		b.out = append(b.out, id...)
		b.out = append(b.out, b.packed...)
	}
	b.storedAt = uint64(len(b.out))
	for _, at := range offsets {
		b.out = binary.BigEndian.AppendUint64(b.out, at)
	}
	b.out = binary.AppendUvarint(b.out, 0) // no document lies within another
}

// writeFields writes what the fields are called, their options, and where the parts of
// the segment are that tell of them: the inverted text alone.
func (b *builder) writeFields() {
	offsets := make([]uint64, len(b.fields))
	for i, f := range b.fields {
		offsets[i] = uint64(len(b.out))
		b.out = binary.AppendUvarint(b.out, uint64(len(f.name)))
		b.out = append(b.out, f.name...)
		b.out = binary.AppendUvarint(b.out, uint64(f.options))
		b.out = binary.AppendUvarint(b.out, 1)
		b.out = binary.BigEndian.AppendUint16(b.out, zap.SectionInvertedTextIndex)
		b.out = binary.BigEndian.AppendUint64(b.out, f.at)
	}
	b.fieldsAt = uint64(len(b.out))
	b.out = binary.AppendUvarint(b.out, uint64(len(b.fields)))
	for _, at := range offsets {
		b.out = binary.BigEndian.AppendUint64(b.out, at)
	}
}
