package search

import (
	"encoding/binary"
	"errors"
	"time"
)

// storedVersion is the first byte of a stored record; another one needs a
// rebuild.
const storedVersion = 2

// errStored: a record is not one that this program wrote.
var errStored = errors.New("stored record is damaged")

// recordContent is what is kept of a product beside its postings.
type recordContent struct {
	Digest          uint64
	Group           string // of variants, or empty
	Display, Detail []byte // JSON objects
}

// appendStored encodes what is kept beside the postings: digest, time of
// indexing (milliseconds), variant group, then display and detail, compressed.
func appendStored(dst []byte, d *recordContent, at time.Time, codec *recordCodec) []byte {
	dst = append(dst, storedVersion)
	dst = binary.BigEndian.AppendUint64(dst, d.Digest)
	dst = binary.BigEndian.AppendUint64(dst, uint64(at.UnixMilli()))
	dst = binary.AppendUvarint(dst, uint64(len(d.Group)))
	dst = append(dst, d.Group...)
	dst = binary.AppendUvarint(dst, uint64(len(d.Display)))
	return codec.compress(dst, d.Display, d.Detail)
}

// storedRecord is a record whose display and detail are still compressed.
type storedRecord struct {
	digest    uint64    // of the content
	indexedAt time.Time // milliseconds
	group     string    // of variants
	display   int       // bytes of it
	packed    []byte    // display and detail
}

// parseStored reads what appendStored wrote. What it returns shares b.
func parseStored(b []byte) (storedRecord, error) {
	var r storedRecord
	if len(b) < 17 || b[0] != storedVersion {
		return r, errStored
	}
	r.digest = binary.BigEndian.Uint64(b[1:])
	r.indexedAt = time.UnixMilli(int64(binary.BigEndian.Uint64(b[9:]))).UTC()
	group, b, ok := cutBytes(b[17:])
	if !ok {
		return r, errStored
	}
	r.group = string(group)
	n, w := binary.Uvarint(b)
	if w <= 0 || n > maxRecordBytes {
		return r, errStored
	}
	r.display, r.packed = int(n), b[w:]
	return r, nil
}

// open gives display and detail.
func (r *storedRecord) open(codec *recordCodec) (display, detail []byte, err error) {
	b, err := codec.expand(r.packed)
	if err != nil {
		return nil, nil, err
	}
	if r.display > len(b) {
		return nil, nil, errStored
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
