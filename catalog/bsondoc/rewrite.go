package bsondoc

import (
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// Rewrite copies a document with the values at some dotted paths changed; lists
// on the way are entered.
func Rewrite(doc []byte, paths []string, change func(bsoncore.Value) bsoncore.Value) bson.Raw {
	return rewrite(nil, doc, paths, change)
}

func rewrite(dst, doc []byte, paths []string, change func(bsoncore.Value) bsoncore.Value) []byte {
	if len(paths) == 0 {
		return append(dst, doc...)
	}
	index, dst := bsoncore.AppendDocumentStart(dst)
	Elements(doc, func(name []byte, v bsoncore.Value) bool {
		key := string(name)
		var below []string
		here := false
		for _, p := range paths {
			if p == key {
				here = true
			} else if len(p) > len(key) && p[len(key)] == '.' && strings.HasPrefix(p, key) {
				below = append(below, p[len(key)+1:])
			}
		}
		dst = bsoncore.AppendValueElement(dst, key, rewriteValue(v, here, below, change))
		return true
	})
	dst, _ = bsoncore.AppendDocumentEnd(dst, index)
	return dst
}

func rewriteValue(v bsoncore.Value, here bool, below []string, change func(bsoncore.Value) bsoncore.Value) bsoncore.Value {
	switch bson.Type(v.Type) {
	case bson.TypeEmbeddedDocument:
		return bsoncore.Value{Type: v.Type, Data: rewrite(nil, v.Data, below, change)}
	case bson.TypeArray:
		if !here && len(below) == 0 {
			return v
		}
		index, list := bsoncore.AppendArrayStart(nil)
		Elements(v.Data, func(name []byte, item bsoncore.Value) bool {
			key := string(name)
			at, under := here, below
			for _, p := range below { // a path may pick one of the list
				if p == key {
					at = true
				} else if rest, ok := strings.CutPrefix(p, key+"."); ok {
					under = append(under[:len(under):len(under)], rest)
				}
			}
			list = bsoncore.AppendValueElement(list, key, rewriteValue(item, at, under, change))
			return true
		})
		list, _ = bsoncore.AppendArrayEnd(list, index)
		return bsoncore.Value{Type: v.Type, Data: list}
	}
	if here {
		return change(v)
	}
	return v
}

// WithID puts an _id in front of a document that has none.
func WithID(id bson.RawValue, raw bson.Raw) bson.Raw {
	index, doc := bsoncore.AppendDocumentStart(nil)
	doc = bsoncore.AppendValueElement(doc, "_id", bsoncore.Value{Type: bsoncore.Type(id.Type), Data: id.Value})
	doc, _ = bsoncore.AppendDocumentEnd(append(doc, raw[4:len(raw)-1]...), index)
	return doc
}
