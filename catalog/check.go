package catalog

import (
	"unicode/utf8"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// maxDepth is MongoDB's own bound on nesting.
const maxDepth = 100

// checkDocument says where and why a document cannot be read: it is damaged,
// nested too deeply, or holds text that is not UTF-8. An empty reason means that
// every later walk over the document is safe.
func checkDocument(doc []byte, depth int) (path, reason string) {
	if depth >= maxDepth {
		return "", "is nested more than 100 levels deep"
	}
	length, rem, ok := bsoncore.ReadLength(doc)
	if !ok || int(length) != len(doc) || length < 5 || doc[length-1] != 0 {
		return "", "is not valid BSON"
	}
	for rem = rem[:len(rem)-1]; len(rem) > 0; {
		var elem bsoncore.Element
		if elem, rem, ok = bsoncore.ReadElement(rem); !ok {
			return "", "is not valid BSON"
		}
		key, err := elem.KeyErr()
		if err != nil {
			return "", "is not valid BSON"
		}
		if !utf8.ValidString(key) {
			return "", "has a name that is not valid UTF-8"
		}
		value, err := elem.ValueErr()
		if err != nil {
			return key, "is not valid BSON"
		}
		if path, reason = checkValue(value, depth); reason != "" {
			return join(key, path), reason
		}
	}
	return "", ""
}

func checkValue(value bsoncore.Value, depth int) (path, reason string) {
	switch bson.Type(value.Type) {
	case bson.TypeEmbeddedDocument, bson.TypeArray:
		return checkDocument(value.Data, depth+1)
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
		return checkDocument(scope, depth+1)
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

// elements walks a document that checkDocument has accepted.
func elements(doc []byte, yield func(key string, value bsoncore.Value) bool) {
	if len(doc) < 5 {
		return
	}
	for rem := doc[4 : len(doc)-1]; len(rem) > 0; {
		var elem bsoncore.Element
		var ok bool
		if elem, rem, ok = bsoncore.ReadElement(rem); !ok {
			return
		}
		if !yield(elem.Key(), elem.Value()) {
			return
		}
	}
}
