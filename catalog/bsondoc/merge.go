package bsondoc

import (
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// MergePatch applies a JSON merge patch (RFC 7386) to a stored document. It works
// on BSON, so that everything the patch does not name keeps its type, place and
// bytes, which no way through JSON would.
func MergePatch(doc, patch []byte) bson.Raw {
	changes := map[string]bsoncore.Value{}
	var names []string
	Elements(patch, func(name []byte, v bsoncore.Value) bool {
		key := string(name)
		changes[key] = v
		names = append(names, key)
		return true
	})
	index, out := bsoncore.AppendDocumentStart(nil)
	Elements(doc, func(name []byte, old bsoncore.Value) bool {
		key := string(name)
		v, ok := changes[key]
		if !ok {
			out = bsoncore.AppendValueElement(out, key, old)
			return true
		}
		delete(changes, key)
		if bson.Type(v.Type) != bson.TypeNull {
			out = bsoncore.AppendValueElement(out, key, merged(old, v))
		}
		return true
	})
	for _, key := range names {
		if v, ok := changes[key]; ok && bson.Type(v.Type) != bson.TypeNull {
			out = bsoncore.AppendValueElement(out, key, merged(bsoncore.Value{}, v))
		}
	}
	out, _ = bsoncore.AppendDocumentEnd(out, index)
	return out
}

// merged is what stands where the patch has v. An object is merged into what was
// there, or into nothing, which takes out the nulls within.
func merged(old, v bsoncore.Value) bsoncore.Value {
	if bson.Type(v.Type) != bson.TypeEmbeddedDocument {
		return v
	}
	if bson.Type(old.Type) != bson.TypeEmbeddedDocument {
		old = bsoncore.Value{}
	}
	return bsoncore.Value{Type: v.Type, Data: MergePatch(old.Data, v.Data)}
}
