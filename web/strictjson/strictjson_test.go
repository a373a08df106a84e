package strictjson

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

// What encoding/json lets pass is refused, by path.
func TestCheck(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, in, path, reason string }{
		{"object", `{"a":[1,2,{"b":null}]}`, "", ""},
		{"blanks around", " {} \n", "", ""},
		{"empty", ``, "", "is not JSON"},
		{"half", `{"a":`, "a", "is not JSON"},
		{"trailing", `{} {}`, "", "has something after the value"},
		{"trailing brace", `{}}`, "", "has something after the value"},
		{"key twice", `{"a":1,"a":2}`, "a", "is given twice"},
		{"key twice, escaped", `{"a":1,"\u0061":2}`, "a", "is given twice"},
		{"key twice inside", `{"l":[{},{"q":1,"q":1}]}`, "l[1].q", "is given twice"},
		{"deep", strings.Repeat("[", 33) + strings.Repeat("]", 33), strings.Repeat("[0]", 32), "nests deeper than 32 levels"},
		{"deep enough", strings.Repeat("[", 32) + strings.Repeat("]", 32), "", ""},
		{"not UTF-8", "{\"a\":\"\xff\"}", "", "is not valid UTF-8"},
		{"emoji", `{"a":"\ud83d\ude00"}`, "", ""},
		{"half an emoji", `{"l":[1, {"a": "x\ud83d"}]}`, "l[1].a", `is not valid Unicode: \ud83d is half of a surrogate pair`},
		{"half an emoji in a key", `{"a":1, "\uDE00":1}`, "\ufffd", `is not valid Unicode: \uDE00 is half of a surrogate pair`},
		{"half an emoji alone", `"\uDE00"`, "", `is not valid Unicode: \uDE00 is half of a surrogate pair`},
		{"halves in two texts", `["\ud83d", "\ude00"]`, "[0]", `is not valid Unicode: \ud83d is half of a surrogate pair`},
		{"missing comma", `{"a":1 "b":2}`, "a", "is not JSON"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := Check([]byte(tt.in))
			var got *Error
			if !errors.As(err, &got) {
				got = &Error{}
			}
			if got.Path != tt.path || got.Reason != tt.reason {
				t.Errorf("Check(%q) = %q %q, want %q %q", tt.in, got.Path, got.Reason, tt.path, tt.reason)
			}
		})
	}
}

// Key order and blanks do not matter, anything else does.
func TestCanonical(t *testing.T) {
	t.Parallel()
	canonical := func(in string) string {
		out, err := Canonical([]byte(in))
		if err != nil {
			t.Fatal(err)
		}
		return string(out)
	}
	a := canonical(`{"b": [1, {"y":2,"x":1}], "a":"é"}`)
	if b := canonical(`{"a":"\u00e9","b":[1,{"x":1,"y":2}]}`); a != b {
		t.Errorf("got %s and %s, want them equal", a, b)
	}
	if b := canonical(`{"a":"é","b":[{"x":1,"y":2},1]}`); a == b {
		t.Errorf("order of an array got lost: %s", b)
	}
}

func FuzzCheck(f *testing.F) {
	f.Add([]byte(`{"a":[1,{"b":"c"}]}`))
	f.Add([]byte(`{"a":1,"a":1}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if Check(data) != nil {
			return
		}
		if !json.Valid(data) {
			t.Fatalf("Check passed invalid JSON %q", data)
		}
		once, err := Canonical(data)
		if err != nil {
			t.Fatal(err)
		}
		twice, err := Canonical(once)
		if err != nil || string(once) != string(twice) {
			t.Fatalf("Canonical is not stable: %q, %q, %v", once, twice, err)
		}
	})
}
