package bsondoc

import (
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// Ensures the merge patches of RFC 7386, and that what they do not name keeps its
// type.
func TestMergePatch(t *testing.T) {
	t.Parallel()
	parse := func(text string) (raw bson.Raw, err error) {
		return raw, bson.UnmarshalExtJSON([]byte(text), false, &raw)
	}
	for _, test := range []struct{ doc, patch, want string }{
		{`{"a":"b"}`, `{"a":"c"}`, `{"a":"c"}`},
		{`{"a":"b"}`, `{"b":"c"}`, `{"a":"b","b":"c"}`},
		{`{"a":"b"}`, `{"a":null}`, `{}`},
		{`{"a":"b","b":"c"}`, `{"a":null}`, `{"b":"c"}`},
		{`{"a":["b"]}`, `{"a":"c"}`, `{"a":"c"}`},
		{`{"a":"c"}`, `{"a":["b"]}`, `{"a":["b"]}`},
		{`{"a":{"b":"c"}}`, `{"a":{"b":"d","c":null}}`, `{"a":{"b":"d"}}`},
		{`{"a":[{"b":"c"}]}`, `{"a":[1]}`, `{"a":[1]}`},
		{`{"e":null}`, `{"a":1}`, `{"e":null,"a":1}`},
		{`{}`, `{"a":{"bb":{"ccc":null}}}`, `{"a":{"bb":{}}}`},
		{`{"a":{"$numberLong":"5"},"b":1}`, `{"b":2}`, `{"a":{"$numberLong":"5"},"b":{"$numberInt":"2"}}`},
	} {
		doc, err := parse(test.doc)
		if err != nil {
			t.Fatal(err)
		}
		patch, err := parse(test.patch)
		if err != nil {
			t.Fatal(err)
		}
		want, err := parse(test.want)
		if err != nil {
			t.Fatal(err)
		}
		if got := MergePatch(doc, patch); string(got) != string(want) {
			t.Errorf("%s and %s: got %s, want %s", test.doc, test.patch, got, want)
		}
	}
}
