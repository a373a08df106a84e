package pgoutput

import (
	"encoding/binary"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func u16(n uint16) string { return string(binary.BigEndian.AppendUint16(nil, n)) }
func u32(n uint32) string { return string(binary.BigEndian.AppendUint32(nil, n)) }
func u64(n uint64) string { return string(binary.BigEndian.AppendUint64(nil, n)) }

func text(s string) string { return "t" + u32(uint32(len(s))) + s }

// messages are whole messages and what they say.
func messages() map[string]Message {
	at := time.Date(2000, 1, 1, 0, 0, 1, 5000, time.UTC)
	return map[string]Message{
		"B" + u64(7) + u64(1_000_005) + u32(9):         {Kind: Begin, LSN: 7, Time: at},
		"C\x00" + u64(7) + u64(8) + u64(1_000_005):     {Kind: Commit, LSN: 7, End: 8, Time: at},
		"O" + u64(7) + "name\x00":                      {Kind: Origin},
		"M\x01" + u64(7) + "prefix\x00" + u32(1) + "x": {Kind: Logical, LSN: 7, Name: "prefix"},
		"R" + u32(5) + "s\x00t\x00d" + u16(1) + "\x01c\x00" + u32(25) + u32(0): {
			Kind: Relation, Relation: 5, Namespace: "s", Name: "t", Identity: 'd', Attributes: []Attribute{{Key: true, Name: "c", Type: 25}},
		},
		"I" + u32(5) + "N" + u16(3) + text("v") + "n" + "u": {
			Kind: Insert, Relation: 5, New: []Column{{How: Text, Data: []byte("v")}, {How: Null}, {How: Unchanged}},
		},
		"U" + u32(5) + "K" + u16(1) + text("old") + "N" + u16(1) + text("new"): {
			Kind: Update, Relation: 5, OldKind: OldKey,
			Old: []Column{{How: Text, Data: []byte("old")}}, New: []Column{{How: Text, Data: []byte("new")}},
		},
		"U" + u32(5) + "N" + u16(1) + "b" + u32(2) + "\x00\x01": {
			Kind: Update, Relation: 5, New: []Column{{How: Binary, Data: []byte{0, 1}}},
		},
		"D" + u32(5) + "O" + u16(1) + text("gone"): {
			Kind: Delete, Relation: 5, OldKind: OldFull, Old: []Column{{How: Text, Data: []byte("gone")}},
		},
		"T" + u32(2) + "\x00" + u32(5) + u32(6): {Kind: Truncate, Relations: []uint32{5, 6}},
	}
}

// TestDecode: whole messages say what they should, and cut anywhere they are
// malformed.
func TestDecode(t *testing.T) {
	t.Parallel()
	var d Decoder
	for data, want := range messages() {
		got, err := d.Decode([]byte(data))
		if err != nil {
			t.Errorf("%q: %v", data, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q: want (-), got (+):\n%s", data, diff)
		}
		if want.Kind == Origin || want.Kind == Logical { // not read to the end
			continue
		}
		for n := range len(data) {
			if got, err := d.Decode([]byte(data[:n])); !errors.Is(err, ErrMalformed) {
				t.Errorf("%q: got %+v, %v; want ErrMalformed", data[:n], got, err)
			}
		}
	}
}

// TestDecodeLies: counts that are larger than the message are found out before
// they cost memory.
func TestDecodeLies(t *testing.T) {
	t.Parallel()
	for _, data := range []string{
		"T" + u32(1<<32-1) + "\x00" + u32(5),
		"I" + u32(5) + "N" + u16(1) + "t" + u32(1<<32-1) + "v",
		"R" + u32(5) + "s\x00t\x00d" + u16(1<<16-1),
		"X",
	} {
		var d Decoder
		if got, err := d.Decode([]byte(data)); !errors.Is(err, ErrMalformed) {
			t.Errorf("%q: got %+v, %v; want ErrMalformed", data, got, err)
		}
		if cap(d.relations) > 8 || cap(d.fresh) > 8 {
			t.Errorf("%q: cost %d and %d places", data, cap(d.relations), cap(d.fresh))
		}
	}
}
