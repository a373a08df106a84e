package catalog

import (
	"cmp"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"

	"github.com/aisle-search/aisle/catalog/bsondoc"
)

// ProductID is a product's stable id: the document's _id as text.
type ProductID string

// Op says what a Change does.
type Op uint8

const (
	// OpTick carries only a position: the source has nothing before it left to
	// send. It moves an idle follower.
	OpTick Op = iota
	// OpUpsert carries the whole document as the source held it.
	OpUpsert
	// OpDelete says that the product is gone.
	OpDelete
)

// ClusterTime is MongoDB's logical clock: seconds, then an ordinal within them.
// It orders events; wall clocks never do.
type ClusterTime struct{ T, I uint32 }

// Position is how far the catalogue has been read: the change stream's resume
// token, and the cluster time that it stands for.
type Position struct {
	Token bson.Raw
	Time  ClusterTime
	// Collection is the collection's own id, so that a position is never used on
	// another collection of the same name; zero where the server does not tell.
	Collection uuid.UUID
}

// Change is one event of the catalogue.
type Change struct {
	ID  ProductID
	Op  Op
	Raw bson.Raw // the document for OpUpsert, else nil; owned by the receiver
	// Position is reached once this change and all before it are applied. During
	// a snapshot it is the zero Position.
	Position Position
	// CommittedAt is the source's wall clock. It labels lag and orders nothing.
	CommittedAt time.Time
}

// Compare orders cluster times: -1, 0 or 1.
func (t ClusterTime) Compare(u ClusterTime) int {
	if c := cmp.Compare(t.T, u.T); c != 0 {
		return c
	}
	return cmp.Compare(t.I, u.I)
}

// IsZero says that no time is known.
func (t ClusterTime) IsZero() bool { return t == ClusterTime{} }

// String gives "T.I".
func (t ClusterTime) String() string { return fmt.Sprintf("%d.%d", t.T, t.I) }

// Wall is the second that the time lies in, for labels only.
func (t ClusterTime) Wall() time.Time { return time.Unix(int64(t.T), 0).UTC() }

// ParseClusterTime reads what String gave.
func ParseClusterTime(s string) (ClusterTime, error) {
	first, second, ok := strings.Cut(s, ".")
	t, errT := strconv.ParseUint(first, 10, 32)
	i, errI := strconv.ParseUint(second, 10, 32)
	if !ok || errT != nil || errI != nil {
		return ClusterTime{}, fmt.Errorf("parse cluster time %s: want SECONDS.ORDINAL", quoted(s))
	}
	return ClusterTime{T: uint32(t), I: uint32(i)}, nil
}

const (
	positionFormat = 1
	positionHeader = 1 + 4 + 4 + 16 // format, time, collection; the token follows
)

// Shown is the latest time of which something has been handed over: while the events
// of a transaction come, which have one time, that is later than Time, which is only
// reached after the last of them.
func (p Position) Shown() ClusterTime {
	if t, ok := tokenTime(p.Token); ok && t.Compare(p.Time) > 0 {
		return t
	}
	return p.Time
}

// MarshalBinary gives the form that an index keeps.
func (p Position) MarshalBinary() ([]byte, error) {
	out := make([]byte, 0, positionHeader+len(p.Token))
	out = append(out, positionFormat)
	out = binary.BigEndian.AppendUint32(out, p.Time.T)
	out = binary.BigEndian.AppendUint32(out, p.Time.I)
	out = append(out, p.Collection[:]...)
	return append(out, p.Token...), nil
}

// UnmarshalBinary reads what MarshalBinary gave. It accepts nothing else.
func (p *Position) UnmarshalBinary(data []byte) error {
	if len(data) < positionHeader {
		return fmt.Errorf("read position: %d bytes are too few", len(data))
	}
	if data[0] != positionFormat {
		return fmt.Errorf("read position: format %d is not known", data[0])
	}
	read := Position{Time: ClusterTime{
		T: binary.BigEndian.Uint32(data[1:]),
		I: binary.BigEndian.Uint32(data[5:]),
	}}
	copy(read.Collection[:], data[9:])
	if token := data[positionHeader:]; len(token) > 0 {
		if _, reason := bsondoc.Check(token); reason != "" {
			return errors.New("read position: resume token is damaged")
		}
		read.Token = bson.Raw(append([]byte(nil), token...))
	}
	*p = read
	return nil
}

// tokenTime reads the cluster time out of a resume token. Tokens are opaque by
// contract, so an unknown form is no error: ok is false.
//
// MongoDB's _data is a hex KeyString that begins with the type byte 0x82 of a
// timestamp and its eight bytes. The development server's is a hex document
// with the timestamp in "t".
func tokenTime(token bson.Raw) (t ClusterTime, ok bool) {
	value, err := token.LookupErr("_data")
	if err != nil {
		return ClusterTime{}, false
	}
	text, ok := value.StringValueOK()
	if !ok {
		return ClusterTime{}, false
	}
	data, err := hex.DecodeString(text)
	if err != nil || len(data) < 9 {
		return ClusterTime{}, false
	}
	if data[0] == 0x82 {
		return ClusterTime{T: binary.BigEndian.Uint32(data[1:]), I: binary.BigEndian.Uint32(data[5:])}, true
	}
	stamp, err := bsoncore.Document(data).LookupErr("t")
	if err != nil {
		return ClusterTime{}, false
	}
	t.T, t.I, ok = stamp.TimestampOK()
	return t, ok
}
