package record

import (
	"encoding/binary"
	"errors"
	"time"
)

// storedVersion is the first byte of a stored record; another one needs a
// rebuild.
const storedVersion = 2

// errDamaged: a record is not one that this program wrote.
var errDamaged = errors.New("stored record is damaged")

// Content is what is kept of a product beside its postings.
type Content struct {
	Digest          uint64
	Group           string // of variants, or empty
	Display, Detail []byte // JSON objects
}

// Append encodes what is kept beside the postings: digest, time of
// indexing (milliseconds), variant group, then display and detail, compressed.
func Append(dst []byte, d *Content, at time.Time, codec *Codec) []byte {
	dst = append(dst, storedVersion)
	dst = binary.BigEndian.AppendUint64(dst, d.Digest)
	dst = binary.BigEndian.AppendUint64(dst, uint64(at.UnixMilli()))
	dst = binary.AppendUvarint(dst, uint64(len(d.Group)))
	dst = append(dst, d.Group...)
	dst = binary.AppendUvarint(dst, uint64(len(d.Display)))
	return codec.compress(dst, d.Display, d.Detail)
}

// Stored is a record whose display and detail are still compressed.
type Stored struct {
	Digest    uint64    // of the content
	IndexedAt time.Time // milliseconds
	group     string    // of variants
	display   int       // bytes of it
	packed    []byte    // display and detail
}

// Parse reads what Append wrote. What it returns shares b.
func Parse(b []byte) (Stored, error) {
	var r Stored
	if len(b) < 17 || b[0] != storedVersion {
		return r, errDamaged
	}
	r.Digest = binary.BigEndian.Uint64(b[1:])
	r.IndexedAt = time.UnixMilli(int64(binary.BigEndian.Uint64(b[9:]))).UTC()
	group, b, ok := cutBytes(b[17:])
	if !ok {
		return r, errDamaged
	}
	r.group = string(group)
	n, w := binary.Uvarint(b)
	if w <= 0 || n > maxRecordBytes {
		return r, errDamaged
	}
	r.display, r.packed = int(n), b[w:]
	return r, nil
}

// Open gives display and detail.
func (r *Stored) Open(codec *Codec) (display, detail []byte, err error) {
	b, err := codec.expand(r.packed)
	if err != nil {
		return nil, nil, err
	}
	if r.display > len(b) {
		return nil, nil, errDamaged
	}
	return b[:r.display:r.display], b[r.display:], nil
}

// cutBytes reads a length and that many bytes.
func cutBytes(b []byte) (head, rest []byte, ok bool) {
	n, w := binary.Uvarint(b)
	if w <= 0 || n > uint64(len(b)-w) {
		return nil, nil, false
	}
	return b[w : w+int(n)], b[w+int(n):], true
}
