package catalog

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// Ensures that no document makes Product panic or give out broken JSON.
func FuzzProduct(f *testing.F) {
	for _, d := range []any{
		doc("p1", "x"),
		bson.D{{Key: "_id", Value: bson.NewObjectID()}, {Key: "attributes", Value: bson.D{{Key: "a.b", Value: bson.A{1, "2", 3.5, nil, true}}}}},
		bson.D{{Key: "_id", Value: 5}, {Key: "price", Value: 1999}, {Key: "released", Value: bson.DateTime(1e12)}, {Key: "cats", Value: bson.A{"a", "b"}}},
		bson.D{{Key: "_id", Value: int64(5)}, {Key: "specs", Value: bson.A{bson.D{{Key: "k", Value: "n"}, {Key: "v", Value: "x"}}}}, {Key: "blurb", Value: "<b>\u2028&amp;"}},
		bson.D{{Key: "_id", Value: bson.Binary{Subtype: 4, Data: make([]byte, 16)}}, {Key: "w", Value: bson.CodeWithScope{Code: "x", Scope: bson.D{}}}},
		bson.D{{Key: "_id", Value: bson.Regex{Pattern: "x"}}, {Key: "rating", Value: bson.Decimal128{}}, {Key: "attr_n_x", Value: bson.Timestamp{T: 1}}},
	} {
		f.Add([]byte(mustMarshal(f, d)))
	}
	s := parseSchema(f, testSchema)
	f.Fuzz(func(t *testing.T, raw []byte) {
		p, err := s.Product(raw)
		if err != nil {
			var invalid *InvalidError
			if !errors.As(err, &invalid) || len(invalid.Fields) == 0 || invalid.Error() == "" {
				t.Errorf("got %#v, want an InvalidError", err)
			}
			return
		}
		if p.ID == "" {
			t.Error("a product without id")
		}
		for _, out := range [][]byte{p.AppendDisplay(nil), p.AppendDetail(nil)} {
			if !json.Valid(out) {
				t.Errorf("not JSON: %q", out)
			}
		}
		again, err := s.Product(raw)
		if err != nil || again.Digest() != p.Digest() {
			t.Errorf("reading again gives another digest, %v", err)
		}
	})
}

// Ensures that no bytes make reading a position panic, and that what is read is
// written the same.
func FuzzPosition(f *testing.F) {
	full := Position{Token: mustMarshal(f, bson.D{{Key: "_data", Value: "8265A1B2C300000007"}}), Time: ClusterTime{1, 2}}
	for _, p := range []Position{{}, full} {
		data, err := p.MarshalBinary()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var p Position
		if p.UnmarshalBinary(data) != nil {
			return
		}
		tokenTime(p.Token)
		if again, err := p.MarshalBinary(); err != nil || !bytes.Equal(again, data) {
			t.Errorf("got %x, %v; want %x", again, err, data)
		}
	})
}

// Ensures that no text makes reading a document panic, and that what is read can
// be written and read again.
func FuzzParseDocument(f *testing.F) {
	for _, text := range []string{
		`{"sku": "a", "released": "2024-01-02", "price": 5}`, `{"_id": {"$oid": "65f1a2b3c4d5e6f708192a3b"}}`, `{"a": {"$date": "2024-01-02T03:04:05Z"}}`,
		`{"a": {"$numberDecimal": "1E+3"}, "": [[], {}]}`, `{"$k": 1}`, `[]`, `{"released": [{"x": 1}, "2024-01-02"]}`, `{"images": [{"url": "x"}]}`,
	} {
		f.Add(text)
	}
	s := parseSchema(f, testSchema)
	f.Fuzz(func(t *testing.T, text string) {
		raw, err := s.ParseDocument([]byte(text))
		if err != nil {
			return
		}
		_, _ = s.Product(raw)
		out, err := s.DocumentJSON(raw)
		if err != nil {
			t.Fatalf("write %s: %v", raw, err)
		}
		if _, err := s.ParseDocument(out); err != nil && !strings.Contains(err.Error(), "larger") {
			t.Errorf("read %s again: %v", out, err)
		}
	})
}

// Ensures that no bytes make reading a schema panic.
func FuzzSchema(f *testing.F) {
	f.Add(testSchema)
	f.Add("fields: {title: &a {path: [x, y], type: text}, b: *a}")
	f.Add("fields:\n  title: {path: \"a..b.\", type: text}\nattributes: [{path: ., style: pairs}]")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := LoadSchema(strings.NewReader(text))
		if err != nil {
			return
		}
		_ = s.Hash()
		_, _ = s.Product([]byte{5, 0, 0, 0, 0})
	})
}

// builder makes a document out of any bytes: each decides about the next name,
// type or value. So fuzzing explores documents, not broken BSON.
type builder struct{ data []byte }

func (b *builder) next() int {
	if len(b.data) == 0 {
		return 0
	}
	n := b.data[0]
	b.data = b.data[1:]
	return int(n)
}

func (b *builder) text() string {
	n := min(b.next()%24, len(b.data))
	s := string(b.data[:n])
	b.data = b.data[n:]
	return s
}

var builderNames = []string{
	"_id", "name", "status", "brand", "cat", "cats", "price", "released", "rating", "eco", "images", "url", "blurb",
	"family", "attributes", "specs", "k", "v", "attr_t_x", "attr_n_x", "attr_b_x", "0", "a.b",
}

func (b *builder) document(depth int) bson.D {
	var d bson.D
	for range b.next() % 12 {
		name := b.next()
		key := ""
		if name < len(builderNames)*8 {
			key = builderNames[name%len(builderNames)]
		} else {
			key = strings.ReplaceAll(b.text(), "\x00", "")
		}
		d = append(d, bson.E{Key: key, Value: b.value(depth)})
	}
	return d
}

func (b *builder) value(depth int) any {
	switch b.next() % 16 {
	case 0:
		return b.text()
	case 1:
		return int32(b.next()) - 128
	case 2:
		return int64(b.next()) << (b.next() % 60)
	case 3:
		return math.Float64frombits(uint64(b.next())<<56 | uint64(b.next())<<48 | uint64(b.next()))
	case 4:
		return bson.NewDecimal128(uint64(b.next())<<56|uint64(b.next())<<48, uint64(b.next()))
	case 5:
		return b.next()%2 == 0
	case 6:
		return bson.DateTime(int64(b.next()) << (b.next() % 60))
	case 7:
		return nil
	case 8:
		return bson.ObjectID{byte(b.next())}
	case 9:
		return bson.Binary{Subtype: byte(b.next() % 6), Data: []byte(b.text())}
	case 10:
		return bson.Timestamp{T: uint32(b.next()) << 24}
	case 11:
		return bson.Regex{Pattern: "x"}
	case 12:
		return []string{"true", "2024-01-02", "19.99", "A > B > C", "<b>x</b>&amp;", "on"}[b.next()%6]
	}
	if depth > 12 {
		return bson.MinKey{}
	}
	if b.next()%2 == 0 {
		return b.document(depth + 1)
	}
	list := bson.A{}
	for range b.next() % 8 {
		list = append(list, b.value(depth+1))
	}
	return list
}

// Ensures of any document what FuzzProduct ensures of any bytes, and that it is
// written as JSON.
func FuzzProductDocument(f *testing.F) {
	f.Add([]byte{3, 0, 0, 3, 'a', 'b', 'c', 1, 0, 1, 'x'})
	f.Add([]byte("\x09some bytes that decide about the names, types and values of a document"))
	s := parseSchema(f, testSchema)
	f.Fuzz(func(t *testing.T, data []byte) {
		b := builder{data}
		raw, err := bson.Marshal(append(bson.D{{Key: "_id", Value: "p"}}, b.document(0)...))
		if err != nil {
			return
		}
		if out, err := s.DocumentJSON(raw); err == nil && !json.Valid(out) {
			t.Errorf("not JSON: %q", out)
		}
		p, err := s.Product(raw)
		if err != nil {
			var invalid *InvalidError
			if !errors.As(err, &invalid) {
				t.Errorf("got %#v, want an InvalidError", err)
			}
			return
		}
		if out := p.AppendDetail(nil); !json.Valid(out) {
			t.Errorf("not JSON: %q", out)
		}
		for _, a := range p.Attributes {
			if len(a.Label()) == 0 || len(a.Values) == 0 {
				t.Errorf("got attribute %+v", a)
			}
		}
	})
}
