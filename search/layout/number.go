package layout

import (
	"encoding/binary"
	"math"
)

// AppendNumber appends f as 8 bytes whose order as bytes is the order of the
// numbers. Invariant: f is not NaN.
func AppendNumber(dst []byte, f float64) []byte {
	if f == 0 {
		f = 0 // -0 and 0 are one value
	}
	bits := math.Float64bits(f)
	if bits>>63 == 1 {
		bits = ^bits
	} else {
		bits |= 1 << 63
	}
	return binary.BigEndian.AppendUint64(dst, bits)
}

// Number undoes AppendNumber. Invariant: b has 8 bytes.
func Number(b []byte) float64 {
	bits := binary.BigEndian.Uint64(b)
	if bits>>63 == 1 {
		bits &^= 1 << 63
	} else {
		bits = ^bits
	}
	return math.Float64frombits(bits)
}
