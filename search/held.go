package search

import (
	"fmt"
	"time"
)

// Held is what an index holds of one product, to compare it with the source.
type Held struct {
	// Number is the product's own while the process lives, in every generation.
	// Numbers are given without gaps, so that a bitmap of them is small.
	Number    uint32
	Found     bool
	Digest    uint64
	IndexedAt time.Time // milliseconds
	Signal    Signal
}

// Held looks products up in one snapshot, in the order of the ids.
func (x *Index) Held(ids []string) ([]Held, error) {
	v, err := x.acquire()
	if err != nil {
		return nil, err
	}
	defer v.Release()
	out := make([]Held, len(ids))
	for i, id := range ids {
		number := x.generation.Signals.Ordinal(id)
		out[i] = Held{Number: number, Signal: signalOf(id, v.Signals.At(number))}
		s, doc, ok, err := v.Find(id)
		if err != nil {
			return nil, fmt.Errorf("find product: %w", err)
		}
		if !ok {
			continue
		}
		r, err := s.Stored(doc)
		if err != nil {
			return nil, fmt.Errorf("read product: %w", err)
		}
		out[i].Found, out[i].Digest, out[i].IndexedAt = true, r.Digest, r.IndexedAt
	}
	return out, nil
}

// Live yields every product that can be found, with its number and signal, from
// one snapshot in no particular order.
func (x *Index) Live(yield func(number uint32, signal Signal) bool) error {
	v, err := x.acquire()
	if err != nil {
		return err
	}
	defer v.Release()
	for _, s := range v.Segments {
		for doc := range uint32(s.Columns.Documents) {
			if s.IsDead(doc) {
				continue
			}
			number := s.Columns.Ordinals[doc]
			if !yield(number, signalOf(s.Columns.IDs.At(doc), v.Signals.At(number))) {
				return nil
			}
		}
	}
	return nil
}

// Memory is what an index keeps in memory beside Bleve's mapped files, in bytes,
// about.
type Memory struct {
	Columns    int64 // of the schema's fields, ids, lengths and sorted orders
	Attributes int64 // columns of attributes that were asked for; bounded
	Postings   int64 // decoded lists of terms that were asked for; bounded
	Values     int64 // dictionaries of keyword values
}

// Memory adds up what the current view's segments keep.
func (x *Index) Memory() Memory {
	m := Memory{Attributes: x.generation.Attributes.Bytes(), Postings: x.generation.Hot.Bytes(), Values: x.generation.Dictionaries.Bytes()}
	v, err := x.acquire()
	if err != nil {
		return m
	}
	defer v.Release()
	for _, s := range v.Segments {
		m.Columns += s.Columns.Bytes()
	}
	return m
}
