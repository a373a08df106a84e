package replication

import (
	"bytes"
	"encoding/binary"
)

// separator ends a message in a stream for tests.
var separator = []byte{0xff, 0xfe, 0x00, 0x01}

func splitStream(stream []byte) [][]byte { return bytes.Split(stream, separator) }

// wire writes pgoutput messages.
type wire struct{ bytes.Buffer }

func (w *wire) put(values ...any) *wire {
	for _, v := range values {
		switch v := v.(type) {
		case string: // ends in a zero byte
			w.WriteString(v)
			w.WriteByte(0)
		default: // big-endian integers and bytes
			if err := binary.Write(w, binary.BigEndian, v); err != nil {
				panic(err)
			}
		}
	}
	return w
}

func message(kind byte, values ...any) []byte {
	return new(wire).put(kind).put(values...).Bytes()
}

// tuple writes a row of texts; nil is null.
func tuple(values ...any) []byte {
	w := new(wire).put(uint16(len(values)))
	for _, v := range values {
		if v == nil {
			w.put(byte('n'))
			continue
		}
		text := []byte(v.(string))
		w.put(byte('t'), uint32(len(text)), text)
	}
	return w.Bytes()
}

// attributes writes a relation's columns; those that begin with a star are key.
func attributes(names ...string) []byte {
	w := new(wire).put(uint16(len(names)))
	for _, name := range names {
		key := byte(0)
		if name[0] == '*' {
			key, name = 1, name[1:]
		}
		w.put(key, name, uint32(25), int32(-1))
	}
	return w.Bytes()
}

// sampleStreams are two transactions as Postgres would send them.
func sampleStreams() [][]byte {
	begin := message('B', uint64(16), int64(800_000_000_000_000), uint32(7))
	commit := message('C', byte(0), uint64(16), uint64(24), int64(800_000_000_000_000))
	lines := message('R', uint32(200), "public", "order_lines", byte('d'),
		attributes("*order_id", "*line_no", "product_id", "quantity", "status", "created_at"))
	stock := message('R', uint32(100), "public", "stock", byte('f'),
		attributes("*product_id", "*on_hand", "*reserved"))
	const at = "2026-01-02 03:04:05.678901+00"
	return [][]byte{
		bytes.Join([][]byte{
			begin, lines,
			message('I', uint32(200), byte('N'), tuple("o1", "1", "p1", "2", "placed", at)),
			stock,
			message('U', uint32(100), byte('O'), tuple("p1", "9", "0"), byte('N'), tuple("p1", "9", "2")),
			message('U', uint32(200), byte('K'), tuple("o1", "1", nil, nil, nil, nil),
				byte('N'), tuple("o2", "1", "p1", "2", "cancelled", at)),
			message('D', uint32(100), byte('O'), tuple("p1", "9", "2")),
			message('O', uint64(1), "origin"),
			message('Y', uint32(9), "public", "colour"),
			message('M', byte(1), uint64(12), "other.prefix", uint32(2), []byte("hi")),
			commit,
		}, separator),
		bytes.Join([][]byte{begin, message('T', uint32(2), byte(0), uint32(200), uint32(999)), commit}, separator),
	}
}
