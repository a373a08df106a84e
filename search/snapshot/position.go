package snapshot

import (
	"encoding/binary"
	"fmt"
)

// PositionKey is Bleve's internal key of a partition's position: the commit's
// sequence number, then the position as it was given.
var PositionKey = []byte("aisle.position")

// EncodePosition is what is stored under PositionKey.
func EncodePosition(sequence uint64, position []byte) []byte {
	return append(binary.BigEndian.AppendUint64(nil, sequence), position...)
}

// DecodePosition undoes EncodePosition; ok tells whether anything is stored.
func DecodePosition(b []byte) (sequence uint64, position []byte, ok bool) {
	if len(b) < 8 {
		return 0, nil, false
	}
	return binary.BigEndian.Uint64(b), append([]byte(nil), b[8:]...), true
}

// LowestPosition is the position that all partitions have reached; nil where one has
// none.
func LowestPosition(parts []*Partition) (lowest []byte, err error) {
	var sequence uint64
	for i, p := range parts {
		v, err := p.Bleve.GetInternal(PositionKey)
		if err != nil {
			return nil, fmt.Errorf("read position: %w", err)
		}
		seq, position, ok := DecodePosition(v)
		if !ok {
			return nil, nil
		}
		if i == 0 || seq < sequence {
			sequence, lowest = seq, position
		}
	}
	return lowest, nil
}
