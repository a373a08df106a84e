package inversion

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/RoaringBitmap/roaring/v2"
)

// norm is what Bleve keeps for each posting with a frequency, as the bits of a float32:
// here the length of the field, which says nothing and must not be 0.
const norm = 1

// chunkPostings is how many postings Bleve aims at in a chunk of frequencies.
const chunkPostings = 1024

// lists writes postings lists: first the frequencies in chunks, then where they are,
// then the documents as a bitmap.
type lists struct {
	documents *roaring.Bitmap
	serial    bytes.Buffer
	chunks    []byte
	ends      []int // of the chunks
}

// write appends a list to out and gives where it is. docs is how many documents the
// segment has.
func (l *lists) write(out []byte, documents []uint32, weights []uint64, docs int) (all []byte, at uint64, err error) {
	l.encode(documents, weights, docs)
	frequencies := uint64(len(out))
	out = binary.AppendUvarint(out, uint64(len(l.ends)))
	for _, end := range l.ends {
		out = binary.AppendUvarint(out, uint64(end))
	}
	out = append(out, l.chunks...)
	at = uint64(len(out))
	out = binary.AppendUvarint(out, frequencies)
	out = binary.AppendUvarint(out, 0) // no positions of terms
	l.documents.Clear()
	l.documents.AddMany(documents)
	l.serial.Reset()
	if _, err := l.documents.WriteTo(&l.serial); err != nil {
		return nil, 0, fmt.Errorf("write postings list: %w", err)
	}
	out = binary.AppendUvarint(out, uint64(l.serial.Len()))
	return append(out, l.serial.Bytes()...), at, nil
}

// encode leaves in chunks the frequencies, and in ends where each chunk ends. A chunk
// covers a span of documents, and may be empty. What Bleve reads as a frequency is the
// weight; the norm follows where there is one.
func (l *lists) encode(documents []uint32, weights []uint64, docs int) {
	span := uint32(docs / (len(documents)/chunkPostings + 1))
	l.chunks, l.ends = l.chunks[:0], l.ends[:0]
	next := span // first document of the next chunk
	for i, doc := range documents {
		for ; doc >= next; next += span {
			l.ends = append(l.ends, len(l.chunks))
		}
		l.chunks = binary.AppendUvarint(l.chunks, weights[i]<<1) // the lowest bit: no positions
		if weights[i] > 0 {
			l.chunks = binary.AppendUvarint(l.chunks, norm)
		}
	}
	for len(l.ends) < (docs-1)/int(span)+1 {
		l.ends = append(l.ends, len(l.chunks))
	}
}
