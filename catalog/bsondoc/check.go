package bsondoc

import (
	"bytes"
	"unicode/utf8"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// MaxDepth is MongoDB's own bound on nesting.
const MaxDepth = 100

// Check says where and why a document cannot be read: it is damaged,
// nested too deeply, or holds text that is not UTF-8. An empty reason means that
// every later walk over the document is safe.
func Check(doc []byte) (path, reason string) { return check(doc, 0) }

func check(doc []byte, depth int) (path, reason string) {
	if depth >= MaxDepth {
		return "", "is nested more than 100 levels deep"
	}
	length, rem, ok := bsoncore.ReadLength(doc)
	if !ok || int(length) != len(doc) || length < 5 || doc[length-1] != 0 {
		return "", "is not valid BSON"
	}
	for rem = rem[:len(rem)-1]; len(rem) > 0; {
		var key []byte
		var value bsoncore.Value
		if key, value, rem, ok = element(rem); !ok {
			return "", "is not valid BSON"
		}
		if !utf8.Valid(key) {
			return "", "has a name that is not valid UTF-8"
		}
		if path, reason = checkValue(value, depth); reason != "" {
			return join(string(key), path), reason
		}
	}
	return "", ""
}

// element reads the first element of what is left of a document.
func element(rem []byte) (key []byte, value bsoncore.Value, rest []byte, ok bool) {
	end := bytes.IndexByte(rem, 0)
	if end < 1 {
		return nil, value, nil, false
	}
	value, rest, ok = bsoncore.ReadValue(rem[end+1:], bsoncore.Type(rem[0]))
	return rem[1:end], value, rest, ok
}

func checkValue(value bsoncore.Value, depth int) (path, reason string) {
	switch bson.Type(value.Type) {
	case bson.TypeEmbeddedDocument, bson.TypeArray:
		return check(value.Data, depth+1)
	case bson.TypeString:
		text, ok := value.StringValueOK()
		if !ok {
			return "", "is not valid BSON"
		}
		if !utf8.ValidString(text) {
			return "", "is not valid UTF-8"
		}
		return "", ""
	case bson.TypeCodeWithScope:
		_, scope, ok := value.CodeWithScopeOK()
		if !ok {
			return "", "is not valid BSON"
		}
		return check(scope, depth+1)
	}
	if value.Validate() != nil {
		return "", "is not valid BSON"
	}
	return "", ""
}

func join(first, rest string) string {
	if rest == "" {
		return first
	}
	return first + "." + rest
}

// Elements walks a document that Check has accepted. Keys lie in the document's
// memory.
func Elements(doc []byte, yield func(key []byte, value bsoncore.Value) bool) {
	if len(doc) < 5 {
		return
	}
	for rem := doc[4 : len(doc)-1]; len(rem) > 0; {
		key, value, rest, ok := element(rem)
		if !ok || !yield(key, value) {
			return
		}
		rem = rest
	}
}
