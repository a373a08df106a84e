package inversion

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/blevesearch/vellum"
	zap "github.com/blevesearch/zapx/v17"

	"github.com/aisle-search/aisle/search/layout"
)

// inverter inverts one field after the other.
type inverter struct {
	ids   map[string]uint32 // term to its number, in order of appearance
	terms []term            // by number
	order []keyed           // in order of terms
	found []posting         // in order of documents
	// The postings in order of documents, those of one term side by side.
	docOf    []uint32
	weightOf []uint64

	lists lists
	key   []byte // of the dictionary, which copies it
	dict  bytes.Buffer
	fst   *vellum.Builder
}

type term struct {
	text string
	last int // index in found of its latest posting
	n    int // postings
	end  int // where its postings end in docOf and weightOf; while they are placed, where the next goes
}

// keyed is a term by number, with its first bytes to compare by.
type keyed struct {
	key    uint64
	number uint32
}

type posting struct {
	term, doc uint32
	weight    uint64
}

// fstOptions are those of Bleve's builder.
var fstOptions = vellum.BuilderOpts{Encoder: 1, RegistryTableSize: 0, RegistryMRUSize: 1}

func newInverter() inverter {
	return inverter{ids: map[string]uint32{}, lists: lists{documents: roaring.New()}}
}

// write appends a field's postings and dictionary to out; at is where it is told what
// lies where.
func (v *inverter) write(out []byte, of []occurrence, docs int) (all []byte, at uint64, err error) {
	v.number(of)
	v.place()
	v.sort()
	defer v.forget()
	v.dict.Reset()
	if v.fst == nil {
		v.fst, err = vellum.New(&v.dict, &fstOptions)
	} else {
		err = v.fst.Reset(&v.dict)
	}
	if err != nil {
		return nil, 0, fmt.Errorf("begin dictionary: %w", err)
	}
	for _, k := range v.order {
		t := &v.terms[k.number]
		var value uint64
		if t.n == 1 && v.weightOf[t.end-1] <= 1 {
			value = zap.FSTValEncode1Hit(uint64(v.docOf[t.end-1]), norm)
		} else {
			out, value, err = v.lists.write(out, v.docOf[t.end-t.n:t.end], v.weightOf[t.end-t.n:t.end], docs)
			if err != nil {
				return nil, 0, err
			}
		}
		v.key = append(v.key[:0], t.text...)
		if err := v.fst.Insert(v.key, value); err != nil {
			return nil, 0, fmt.Errorf("insert term %q: %w", t.text, err)
		}
	}
	if err := v.fst.Close(); err != nil {
		return nil, 0, fmt.Errorf("end dictionary: %w", err)
	}
	dict := uint64(len(out))
	out = binary.AppendUvarint(out, uint64(v.dict.Len()))
	out = append(out, v.dict.Bytes()...)
	at = uint64(len(out))
	out = binary.AppendUvarint(out, math.MaxUint64) // doc values begin nowhere
	out = binary.AppendUvarint(out, math.MaxUint64) // and end nowhere
	return binary.AppendUvarint(out, dict), at, nil
}

// number gives each term a number and finds the postings.
func (v *inverter) number(of []occurrence) {
	for _, o := range of {
		for _, t := range o.terms {
			id, known := v.ids[t.Text]
			if !known {
				id = uint32(len(v.terms))
				v.ids[t.Text] = id
				v.terms = append(v.terms, term{text: t.Text})
			}
			to := &v.terms[id]
			if to.n > 0 && v.found[to.last].doc == o.doc {
				p := &v.found[to.last]
				p.weight = layout.AddWeights(p.weight, t.Weight)
				continue
			}
			to.n++
			to.last = len(v.found)
			v.found = append(v.found, posting{term: id, doc: o.doc, weight: t.Weight})
		}
	}
}

// place puts the postings of each term side by side.
func (v *inverter) place() {
	n := 0
	for i := range v.terms {
		v.terms[i].end = n
		n += v.terms[i].n
	}
	v.docOf = slices.Grow(v.docOf[:0], n)[:n]
	v.weightOf = slices.Grow(v.weightOf[:0], n)[:n]
	for i := range v.found {
		p := &v.found[i]
		t := &v.terms[p.term]
		v.docOf[t.end], v.weightOf[t.end] = p.doc, p.weight
		t.end++
	}
}

// sort puts the terms in order.
func (v *inverter) sort() {
	v.order = slices.Grow(v.order[:0], len(v.terms))
	for i := range v.terms {
		var first [8]byte
		copy(first[:], v.terms[i].text)
		v.order = append(v.order, keyed{key: binary.BigEndian.Uint64(first[:]), number: uint32(i)})
	}
	slices.SortFunc(v.order, func(x, y keyed) int {
		if x.key != y.key {
			return cmp.Compare(x.key, y.key)
		}
		return strings.Compare(v.terms[x.number].text, v.terms[y.number].text)
	})
}

// forget lets go of a field's terms.
func (v *inverter) forget() {
	clear(v.ids)
	clear(v.terms)
	v.terms, v.found = v.terms[:0], v.found[:0]
}
