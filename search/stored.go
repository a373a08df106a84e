package search

import (
	"encoding/binary"
	"errors"
	"time"
)

// storedVersion is the first byte of a stored record; another one needs a
// rebuild.
const storedVersion = 1

var errStored = errors.New("stored record is damaged")

// appendStored encodes what is kept beside the postings: digest, time of
// indexing (milliseconds), variant group, display and detail.
func appendStored(dst []byte, d *Document, at time.Time) []byte {
	dst = append(dst, storedVersion)
	dst = binary.BigEndian.AppendUint64(dst, d.Digest)
	dst = binary.BigEndian.AppendUint64(dst, uint64(at.UnixMilli()))
	dst = binary.AppendUvarint(dst, uint64(len(d.Group)))
	dst = append(dst, d.Group...)
	dst = binary.AppendUvarint(dst, uint64(len(d.Display)))
	dst = append(dst, d.Display...)
	return append(dst, d.Detail...)
}

type storedRecord struct {
	digest          uint64
	indexedAt       time.Time
	group           string
	display, detail []byte // alias the input
}

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
	if r.display, b, ok = cutBytes(b); !ok {
		return r, errStored
	}
	r.detail = b
	return r, nil
}

// cutBytes reads a length and that many bytes.
func cutBytes(b []byte) (head, rest []byte, ok bool) {
	n, w := binary.Uvarint(b)
	if w <= 0 || n > uint64(len(b)-w) {
		return nil, nil, false
	}
	return b[w : w+int(n)], b[w+int(n):], true
}
