package catalog

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// product reads a document given as extended JSON.
func product(t testing.TB, s *Schema, text string) (Product, error) {
	t.Helper()
	raw, err := parseJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return s.Product(raw)
}

// Ensures that a document with everything is read as the schema says.
func TestProduct(t *testing.T) {
	t.Parallel()
	p, err := product(t, parseSchema(t, testSchema), `{
		"_id": "p1", "status": "on", "family": {"$oid": "65f1a2b3c4d5e6f708192a3b"},
		"name": " Tea <3 pot ", "brand": {"name": "Höhe"}, "cats": ["Kitchen", "Pots > Pans"],
		"cat": "Kitchen>Tea ware > Pots", "price": {"$numberDecimal": "1999"},
		"released": "2024-05-06T09:08:09.5+02:00", "rating": {"$numberLong": "4"}, "eco": true,
		"images": [{"url": "/a.svg"}, {"url": "/b.svg"}],
		"blurb": "<p>H<sub>2</sub>O &amp; tea</p><script>x()</script><br/>5 < 6",
		"attributes": {"colour": ["red", "blue", "red"], "size": {"w": 5, "h": {"cm": 6.5}}, "none": null},
		"specs": [{"k": "Watt", "v": 700}, {"k": "Watt", "v": "700 W"}, {"k": "", "v": 1}, 7],
		"attr_t_code": 42, "attr_n_weight": "1.50", "attr_b_boxed": "true", "attr_b_odd": "maybe"}`)
	if err != nil {
		t.Fatal(err)
	}
	if !p.Visible || p.Group != "65f1a2b3c4d5e6f708192a3b" || p.ID != "p1" {
		t.Errorf("got %v %q %q", p.Visible, p.Group, p.ID)
	}
	released := float64(time.Date(2024, 5, 6, 7, 8, 9, 5e8, time.UTC).UnixMilli())
	want := Product{
		Texts: []TextValue{{"title", "Tea <3 pot"}, {"brand", "Höhe"}, {"blurb", "H2O & tea 5 < 6"}},
		Keywords: []TextValue{
			{"brand", "Höhe"}, {"category", "Kitchen"}, {"category", "Kitchen > Tea ware"},
			{"category", "Kitchen > Tea ware > Pots"}, {"eco", "true"},
		},
		Numbers: []NumberValue{{"price", 1999}, {"released", released}, {"rating", 4}},
		Attributes: []Attribute{
			{"attr.Watt", []Value{number(700), keyword("700 W")}},
			{"attr.boxed", []Value{{Kind: KindBool, Text: "true"}}},
			{"attr.code", []Value{keyword("42")}},
			{"attr.colour", []Value{keyword("red"), keyword("blue")}},
			{"attr.odd", []Value{keyword("maybe")}},
			{"attr.size.h.cm", []Value{number(6.5)}},
			{"attr.size.w", []Value{number(5)}},
			{"attr.weight", []Value{number(1.5)}},
		},
	}
	got := Product{Texts: p.Texts, Keywords: p.Keywords, Numbers: p.Numbers, Attributes: p.Attributes}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(Product{})); diff != "" {
		t.Error(diff)
	}
	text := []string{"700 W", "boxed", "42", "red", "blue", "maybe"}
	if diff := cmp.Diff(text, p.AttributeText()); diff != "" {
		t.Error(diff)
	}
	display := `{"title":"Tea <3 pot","brand":"Höhe","category":"Kitchen > Tea ware > Pots",` +
		`"price":{"amount":1999,"currency":"EUR"},"released":"2024-05-06T07:08:09.500Z","image":"/a.svg"}`
	if diff := cmp.Diff(display, string(p.AppendDisplay(nil))); diff != "" {
		t.Error(diff)
	}
	detail := strings.TrimSuffix(display, `,"image":"/a.svg"}`) + `,"rating":4,"eco":true,"image":"/a.svg","blurb":"H2O & tea 5 < 6","attributes":{` +
		`"Watt":[700,"700 W"],"boxed":true,"code":"42","colour":["red","blue"],"odd":"maybe","size.h.cm":6.5,"size.w":5,"weight":1.5}}`
	if diff := cmp.Diff(detail, string(p.AppendDetail(nil))); diff != "" {
		t.Error(diff)
	}
}

func number(n float64) Value { return Value{Kind: KindNumber, Number: n} }
func keyword(s string) Value { return Value{Kind: KindKeyword, Text: s} }

// Ensures that the names of attributes may be anything (A13).
func TestAttributeNames(t *testing.T) {
	t.Parallel()
	s := parseSchema(t, testSchema)
	for _, test := range []struct {
		in   string
		want []string
	}{
		{`{"a.b": "x"}`, []string{"attr.a.b"}},
		{`{"a": {"b": "y"}}`, []string{"attr.a.b"}},
		{`{"a": "z"}`, []string{"attr.a"}},
		{`{"Höhe (cm)": "5", "": "e", "$k": "v", " ": 1}`, []string{"attr. ", "attr.$k", "attr.Höhe (cm)"}},
		{`{"` + strings.Repeat("n", 300) + `": 1}`, nil},
		{`{"a":{"b":{"c":{"d":{"e":{"f":{"g":{"h":1,"i":{"j":2}}}}}}}}}`, []string{"attr.a.b.c.d.e.f.g.h"}},
		{`{"n": null, "nan": {"$numberDouble": "NaN"}, "inf": {"$numberDecimal": "Infinity"}, "bin": {"$binary": {"base64": "AAAA", "subType": "00"}}, "blank": " ", "list": []}`, nil},
	} {
		p, err := product(t, s, `{"_id": 1, "name": "x", "attributes": `+test.in+`}`)
		if err != nil {
			t.Errorf("%s: %v", test.in, err)
		}
		var got []string
		for _, a := range p.Attributes {
			got = append(got, a.Name)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: %s", test.in, diff)
		}
	}
}

// Ensures that the star alone takes what no declared field reads.
func TestStarPattern(t *testing.T) {
	t.Parallel()
	s := parseSchema(t, `
id: sku
visibility: {path: meta.status, values: [on]}
fields: {title: {path: name, type: text}}
attributes: [{pattern: "*"}]`)
	p, err := product(t, s, `{"_id": 1, "sku": 2, "name": "x", "meta": {"status": "off", "x": 1}, "colour": "red"}`)
	if err != nil || p.Visible || len(p.Attributes) != 1 || p.Attributes[0].Name != "attr.colour" {
		t.Errorf("got %+v, %v; want colour only, not visible", p, err)
	}
}

// Ensures that declared fields of a wrong type are named, all at once.
func TestProductErrors(t *testing.T) {
	t.Parallel()
	s := parseSchema(t, testSchema)
	for _, test := range []struct{ name, in, want string }{
		{"money", `{"_id": 1, "price": "abc"}`, `price: "abc" is not an amount of money`},
		{"fraction of a cent", `{"_id": 1, "price": 1.5}`, `price: 1.5 is not a whole number of minor units`},
		{"huge", `{"_id": 1, "price": 1e300}`, `price: 1e+300 is not an amount of money`},
		{"too large", `{"_id": 1, "price": 1e20}`, `price: 1e+20 is too large`},
		{"bomb", `{"_id": 1, "price": "1e999999999"}`, `is not an amount of money`},
		{"object", `{"_id": 1, "price": {"amount": 5}}`, `price: an object is not an amount of money`},
		{"date", `{"_id": 1, "released": "soon"}`, `released: "soon" is not a date`},
		{"far date", `{"_id": 1, "released": {"$date": {"$numberLong": "9223372036854775807"}}}`, `is not a date`},
		{"number", `{"_id": 1, "rating": {"$numberDouble": "NaN"}}`, `rating: NaN is not a number`},
		{"bool", `{"_id": 1, "eco": 1}`, `eco: "1" is not true or false`},
		{"text", `{"_id": 1, "name": {"en": "x"}}`, `title (name): is an object, not text`},
		{"two", `{"_id": 1, "price": "a", "eco": "b"}`, `price: "a" is not an amount of money; eco: "b" is not true or false`},
		{"no id", `{"name": "x"}`, `_id: is missing`},
		{"empty id", `{"_id": ""}`, `_id: is empty`},
		{"odd id", `{"_id": {"a": 1}}`, `_id: is an object: use text`},
		{"fractional id", `{"_id": 1.5}`, `_id: is a value of type`},
		{"long id", `{"_id": "` + strings.Repeat("x", 600) + `"}`, `_id: is longer than 512 bytes`},
		{"attributes", `{"_id": 1, "attributes": {"a": [` + strings.TrimSuffix(strings.Repeat("1,", 6000), ",") + `]}}`, `attributes: are more than 5000 values`},
		{"values", `{"_id": 1, "rating": [` + strings.TrimSuffix(strings.Repeat("1,", 1001), ",") + `]}`, `rating: has more than 1000 values`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := product(t, s, test.in)
			var invalid *InvalidError
			if !errors.As(err, &invalid) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

// Ensures that blank text is no value, whatever the kind, and no alternative either.
func TestBlankValues(t *testing.T) {
	t.Parallel()
	s := parseSchema(t, testSchema)
	for _, blank := range []string{`""`, `"  "`, `"\u00a0\t"`, `{"$symbol": " "}`, `["", " "]`, `null`} {
		var fields []string
		for _, path := range []string{"name", "cat", "price", "released", "rating", "eco", "blurb", "attr_t_a", "attr_n_b", "attr_b_c"} {
			fields = append(fields, fmt.Sprintf("%q: %s", path, blank))
		}
		p, err := product(t, s, `{"_id": 1, "brand": {"name": `+blank+`}, "cats": ["A"], "attributes": {"d": `+blank+`}, `+strings.Join(fields, ", ")+`}`)
		if err != nil {
			t.Errorf("%s: %v", blank, err)
			continue
		}
		if got, want := string(p.AppendDetail(nil)), `{"category":"A"}`; got != want {
			t.Errorf("%s: got %s, want %s", blank, got, want)
		}
	}
	p, err := product(t, s, `{"_id": 1, "rating": ["", 4, " "]}`)
	if got, want := string(p.AppendDetail(nil)), `{"rating":[4]}`; err != nil || got != want {
		t.Errorf("a blank in a list: got %s, %v; want %s", got, err, want)
	}
}

// Ensures that whatever cannot name a product has a name to be found by all the same.
func TestUnusableID(t *testing.T) {
	t.Parallel()
	s := parseSchema(t, testSchema)
	for in, want := range map[string]ProductID{`""`: `""`, `1.5`: `{"$numberDouble":"1.5"}`} {
		_, err := product(t, s, `{"_id": `+in+`}`)
		var invalid *InvalidError
		if !errors.As(err, &invalid) || invalid.ID != want {
			t.Errorf("%s: got %v, want the id %s", in, err, want)
		}
	}
}

// Ensures that damaged documents are refused with the path, and never panic.
func TestDamagedDocuments(t *testing.T) {
	t.Parallel()
	s := parseSchema(t, testSchema)
	good := mustMarshal(t, bson.D{{Key: "_id", Value: 1}, {Key: "a", Value: bson.D{{Key: "b", Value: "text"}}}})
	deep := any(1)
	for range 200 {
		deep = bson.D{{Key: "d", Value: deep}}
	}
	badText := []byte(strings.Replace(string(good), "text", "te\xffxt"[:4], 1))
	for _, test := range []struct {
		name string
		raw  bson.Raw
		want string
	}{
		{"nil", nil, "document: is not valid BSON"},
		{"cut", good[:len(good)-3], "is not valid BSON"},
		{"UTF-8", badText, "a.b: is not valid UTF-8"},
		{"deep", mustMarshal(t, bson.D{{Key: "_id", Value: 1}, {Key: "x", Value: deep}}), "is nested more than 100 levels deep"},
	} {
		if _, err := s.Product(test.raw); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q", test.name, err, test.want)
		}
	}
	for i := range good { // each byte broken in turn
		bad := append(bson.Raw(nil), good...)
		bad[i] ^= 0xff
		_, _ = s.Product(bad)
	}
}

// Ensures that money is exact in both units.
func TestMoney(t *testing.T) {
	t.Parallel()
	read := func(unit string, digits string, v any) (float64, error) {
		s := parseSchema(t, "fields:\n  title: {path: t, type: text}\n  price: {path: p, type: money, currency: EUR, minor_units: "+digits+", unit: "+unit+"}")
		p, err := s.Product(mustMarshal(t, bson.D{{Key: "_id", Value: 1}, {Key: "p", Value: v}}))
		if err != nil {
			return 0, err
		}
		return p.Numbers[0].Number, nil
	}
	decimal, err := bson.ParseDecimal128("1234567.895")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		unit, digits string
		in           any
		want         float64
	}{
		{"minor", "2", 1999, 1999}, {"minor", "2", int64(1999), 1999}, {"minor", "2", 1999.0, 1999}, {"minor", "2", "1999", 1999},
		{"major", "2", 19.99, 1999}, {"major", "2", 0.29, 29}, {"major", "2", 1.005, 101}, {"major", "2", "19.9", 1990},
		{"major", "2", 20, 2000}, {"major", "0", 1500, 1500}, {"major", "3", 1.2345, 1235}, {"major", "2", decimal, 123456790},
		{"major", "2", -0.005, -1}, {"major", "2", "1e2", 10000}, {"minor", "2", 0, 0},
	} {
		got, err := read(test.unit, test.digits, test.in)
		if err != nil || got != test.want {
			t.Errorf("%v in %s units: got %v, %v; want %v", test.in, test.unit, got, err, test.want)
		}
	}
	for _, v := range []any{math.NaN(), math.Inf(1), "1,99", "0x10", "1_000", "1/3", true, bson.D{}} {
		if got, err := read("major", "2", v); err == nil {
			t.Errorf("%v: got %v, want an error", v, got)
		}
	}
}

// Ensures the forms of a category.
func TestCategory(t *testing.T) {
	t.Parallel()
	s := parseSchema(t, "fields:\n  title: {path: t, type: text}\n  category: {path: c, type: category, separator: /, display: true}")
	for _, test := range []struct{ in, display string }{
		{`"A/B/C"`, `"A > B > C"`},
		{`" A / B  b //"`, `"A > B b"`},
		{`["A", "B"]`, `"A > B"`},
		{`["A/B", "C"]`, `["A > B","C"]`},
		{`[["A/B"], ["A/D"]]`, `["A > B","A > D"]`},
		{`"A > B/C"`, `"A / B > C"`},
		{`["A"]`, `"A"`},
	} {
		p, err := product(t, s, `{"_id": 1, "c": `+test.in+`}`)
		if got := string(p.AppendDisplay(nil)); err != nil || got != `{"category":`+test.display+`}` {
			t.Errorf("%s: got %s, %v; want %s", test.in, got, err, test.display)
		}
	}
	if p, err := product(t, s, `{"_id": 1, "c": "//"}`); err != nil || len(p.Keywords) != 0 {
		t.Errorf("got %v, %v; want nothing", p.Keywords, err)
	}
}

// Ensures that the digest tells any change that an index would show, and nothing
// else.
func TestDigest(t *testing.T) {
	t.Parallel()
	s := parseSchema(t, testSchema)
	digest := func(text string) uint64 {
		p, err := product(t, s, text)
		if err != nil {
			t.Fatal(err)
		}
		return p.Digest()
	}
	base := digest(`{"_id": "1", "name": "x", "status": "on", "attributes": {"a": "5"}}`)
	if got := digest(`{"_id": "1", "status": "on", "attributes": {"a": "5"}, "name": "x", "unread": 7}`); got != base {
		t.Error("order and unread fields change the digest")
	}
	for _, other := range []string{
		`{"_id": "2", "name": "x", "status": "on", "attributes": {"a": "5"}}`,
		`{"_id": "1", "name": "y", "status": "on", "attributes": {"a": "5"}}`,
		`{"_id": "1", "name": "x", "status": "off", "attributes": {"a": "5"}}`,
		`{"_id": "1", "name": "x", "status": "on", "attributes": {"a": 5}}`,
		`{"_id": "1", "name": "x", "status": "on", "attributes": {"b": "5"}}`,
		`{"_id": "1", "name": "x", "status": "on", "attributes": {"a": "5"}, "family": "f"}`,
	} {
		if digest(other) == base {
			t.Errorf("%s has the same digest", other)
		}
	}
}

// Ensures that the hash follows what products look like, and not weights.
func TestHash(t *testing.T) {
	t.Parallel()
	base := parseSchema(t, testSchema).Hash()
	replaced := func(old, new string) string {
		text := strings.Replace(testSchema, old, new, 1)
		if text == testSchema {
			t.Fatalf("schema has no %q", old)
		}
		return parseSchema(t, text).Hash()
	}
	if got := replaced("weight: 2", "weight: 3"); got != base {
		t.Error("a weight changes the hash")
	}
	for _, change := range [][2]string{
		{"search: {weight: 2}, ", ""}, {"path: rating", "path: stars"}, {"minor_units: 2", "minor_units: 3"}, {"unit: minor", "unit: major"},
		{"[on]", "[off]"}, {"path: attributes", "path: attrs"}, {"attr_b_*", "attr_bool_*"}, {"html: true, ", ""}, {"display: true", "display: false"},
	} {
		if replaced(change[0], change[1]) == base {
			t.Errorf("%s to %s leaves the hash", change[0], change[1])
		}
	}
}
