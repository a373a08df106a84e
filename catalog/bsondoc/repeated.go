package bsondoc

import (
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// RepeatedName finds a name that an object has twice. MongoDB would store both.
func RepeatedName(doc []byte) (path string) {
	seen := map[string]bool{}
	Elements(doc, func(name []byte, v bsoncore.Value) bool {
		key := string(name)
		if seen[key] {
			path = key
			return false
		}
		seen[key] = true
		path = repeatedBelow(key, v)
		return path == ""
	})
	return path
}

func repeatedBelow(key string, v bsoncore.Value) string {
	switch bson.Type(v.Type) {
	case bson.TypeEmbeddedDocument:
		if below := RepeatedName(v.Data); below != "" {
			return key + "." + below
		}
	case bson.TypeArray:
		var path string
		Elements(v.Data, func(index []byte, item bsoncore.Value) bool {
			path = repeatedBelow(key+"."+string(index), item)
			return path == ""
		})
		return path
	}
	return ""
}
