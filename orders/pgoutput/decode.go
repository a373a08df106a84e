// Package pgoutput decodes the messages of Postgres' logical replication plugin,
// protocol version 1.
//
// Invariants:
//   - No input makes it panic or allocate more than a small multiple of the
//     input's size.
//   - A decoded message aliases the input and the decoder; it is valid until the
//     next call.
//
// What rows mean is left to others.
package pgoutput

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"time"
)

// Kind is the kind of a message, by Postgres' own letter.
type Kind byte

const (
	Begin    Kind = 'B'
	Commit   Kind = 'C'
	Origin   Kind = 'O'
	Relation Kind = 'R'
	Type     Kind = 'Y'
	Insert   Kind = 'I'
	Update   Kind = 'U'
	Delete   Kind = 'D'
	Truncate Kind = 'T'
	Logical  Kind = 'M'
)

// How a column's value is sent.
const (
	Null      byte = 'n'
	Unchanged byte = 'u' // a large value that the update left alone
	Text      byte = 't'
	Binary    byte = 'b'
)

// What the old row of an Update or Delete holds.
const (
	OldNone byte = 0
	OldKey  byte = 'K' // the columns of the replica identity, others null
	OldFull byte = 'O' // every column
)

// Column is one value of a row.
type Column struct {
	How  byte
	Data []byte // for Text and Binary
}

// Attribute is one column of a relation.
type Attribute struct {
	Key  bool // part of the replica identity
	Name string
	Type uint32 // OID
}

// Message is one decoded message; Kind says which fields are set.
type Message struct {
	Kind Kind

	LSN  uint64    // Begin, Commit: of the commit record; Logical: of the message
	End  uint64    // Commit: where the transaction ends
	Time time.Time // Begin, Commit: of the commit

	Relation uint32 // Relation, Insert, Update, Delete: OID of the table

	Namespace  string      // Relation
	Name       string      // Relation; the prefix of Logical
	Identity   byte        // Relation: 'd', 'n', 'f' or 'i'
	Attributes []Attribute // Relation

	OldKind byte     // Update, Delete
	Old     []Column // Update, Delete
	New     []Column // Insert, Update

	Relations []uint32 // Truncate
}

// ErrMalformed is what Decode answers to bytes that are no message.
var ErrMalformed = errors.New("malformed pgoutput message")

// Decoder keeps the memory of rows between messages. The zero Decoder is ready;
// it is for one goroutine.
type Decoder struct {
	old, fresh []Column
	relations  []uint32
}

// Decode reads one whole message. Kinds of no interest (Origin, Type) carry
// nothing but their Kind.
func (d *Decoder) Decode(data []byte) (Message, error) {
	r := reader{rest: data}
	m := Message{Kind: Kind(r.byte())}
	switch m.Kind {
	case Begin:
		m.LSN, m.Time = r.uint64(), r.time()
		r.uint32() // transaction id
	case Commit:
		r.byte() // flags, unused
		m.LSN, m.End, m.Time = r.uint64(), r.uint64(), r.time()
	case Relation:
		r.relation(&m)
	case Insert:
		m.Relation = r.uint32()
		r.expect('N')
		m.New = r.row(&d.fresh)
	case Update:
		d.update(&r, &m)
	case Delete:
		m.Relation = r.uint32()
		if m.OldKind = r.byte(); m.OldKind != OldKey && m.OldKind != OldFull {
			r.bad = true
		}
		m.Old = r.row(&d.old)
	case Truncate:
		m.Relations = r.truncated(&d.relations)
	case Logical:
		r.byte() // flags
		m.LSN, m.Name = r.uint64(), r.text()
	case Origin, Type:
		return m, nil
	default:
		return Message{}, fmt.Errorf("%w: kind %q", ErrMalformed, byte(m.Kind))
	}
	if r.bad {
		return Message{}, fmt.Errorf("%w: kind %q of %d bytes", ErrMalformed, byte(m.Kind), len(data))
	}
	return m, nil
}

func (d *Decoder) update(r *reader, m *Message) {
	m.Relation = r.uint32()
	next := r.byte()
	if next == OldKey || next == OldFull {
		m.OldKind = next
		m.Old = r.row(&d.old)
		next = r.byte()
	}
	if next != 'N' {
		r.bad = true
	}
	m.New = r.row(&d.fresh)
}

// reader takes values off a message. After the first that is not there it is bad
// and yields zeros.
type reader struct {
	rest []byte
	bad  bool
}

func (r *reader) take(n uint32) []byte {
	if r.bad || uint64(n) > uint64(len(r.rest)) {
		r.bad = true
		return nil
	}
	head := r.rest[:n:n]
	r.rest = r.rest[n:]
	return head
}

func (r *reader) byte() byte {
	if b := r.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (r *reader) expect(want byte) {
	if r.byte() != want {
		r.bad = true
	}
}

func (r *reader) uint16() uint16 {
	if b := r.take(2); b != nil {
		return binary.BigEndian.Uint16(b)
	}
	return 0
}

func (r *reader) uint32() uint32 {
	if b := r.take(4); b != nil {
		return binary.BigEndian.Uint32(b)
	}
	return 0
}

func (r *reader) uint64() uint64 {
	if b := r.take(8); b != nil {
		return binary.BigEndian.Uint64(b)
	}
	return 0
}

// time reads microseconds since the year 2000.
func (r *reader) time() time.Time {
	const year2000 = 946_684_800 // Unix seconds
	micros := int64(r.uint64())
	return time.Unix(year2000+micros/1e6, micros%1e6*1e3).UTC()
}

func (r *reader) text() string {
	end := bytes.IndexByte(r.rest, 0)
	if end < 0 {
		r.bad = true
		return ""
	}
	s := r.take(uint32(end))
	r.take(1)
	return string(s)
}

func (r *reader) relation(m *Message) {
	m.Relation = r.uint32()
	m.Namespace, m.Name = r.text(), r.text()
	m.Identity = r.byte()
	for n := r.uint16(); n > 0 && !r.bad; n-- {
		a := Attribute{Key: r.byte()&1 != 0, Name: r.text(), Type: r.uint32()}
		r.uint32() // type modifier
		m.Attributes = append(m.Attributes, a)
	}
}

// row reads a row into the memory that *into keeps.
func (r *reader) row(into *[]Column) []Column {
	row := (*into)[:0]
	for n := r.uint16(); n > 0 && !r.bad; n-- {
		c := Column{How: r.byte()}
		switch c.How {
		case Text, Binary:
			c.Data = r.take(r.uint32())
		case Null, Unchanged:
		default:
			r.bad = true
		}
		row = append(row, c)
	}
	*into = row
	return row
}

func (r *reader) truncated(into *[]uint32) []uint32 {
	n := r.uint32()
	r.byte() // options: how the truncation spread does not matter
	list := (*into)[:0]
	for ; n > 0 && !r.bad; n-- {
		list = append(list, r.uint32())
	}
	*into = list
	return list
}
