package catalog

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// maxDocument is MongoDB's bound on a document, in bytes.
const maxDocument = 16 << 20

// DocumentJSON gives a stored document as relaxed extended JSON, with the values
// of declared date fields as RFC 3339 text.
func (s *Schema) DocumentJSON(raw bson.Raw) ([]byte, error) {
	if path, reason := checkDocument(raw, 0); reason != "" {
		return nil, invalid(orDefault(path, "document"), path, reason)
	}
	out, err := bson.MarshalExtJSON(bson.Raw(rewrite(nil, raw, s.datePaths(), dateToText)), false, false)
	if err != nil {
		return nil, fmt.Errorf("write document as JSON: %w", err)
	}
	return out, nil
}

// ParseDocument reads a document from relaxed extended JSON, as a loaded line or
// the body of a write has it: the schema's id field becomes _id, and text in
// declared date fields becomes dates. Errors are *InvalidError.
func (s *Schema) ParseDocument(data []byte) (bson.Raw, error) {
	raw, err := parseJSON(data)
	if err != nil {
		return nil, err
	}
	return s.normalize(raw)
}

// parseJSON reads one JSON object strictly: nothing after it, no name twice.
func parseJSON(data []byte) (bson.Raw, error) {
	if !utf8.Valid(data) {
		return nil, invalid("document", "", "is not valid UTF-8")
	}
	if !json.Valid(data) {
		var ignored json.RawMessage
		err := json.Unmarshal(data, &ignored)
		return nil, invalid("document", "", "is not JSON: "+jsonReason(err))
	}
	if data = bytes.TrimSpace(data); data[0] != '{' {
		return nil, invalid("document", "", "is not a JSON object")
	}
	var raw bson.Raw
	if err := bson.UnmarshalExtJSON(data, false, &raw); err != nil {
		return nil, invalid("document", "", "is not extended JSON: "+err.Error())
	}
	if path, reason := checkDocument(raw, 0); reason != "" {
		return nil, invalid(orDefault(path, "document"), path, reason)
	}
	if path := repeatedName(raw); path != "" {
		return nil, invalid(path, path, "occurs twice")
	}
	return raw, nil
}

func jsonReason(err error) string {
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return fmt.Sprintf("%s at byte %d", syntax.Error(), syntax.Offset)
	}
	return err.Error()
}

// repeatedName finds a name that an object has twice. MongoDB would store both.
func repeatedName(doc []byte) (path string) {
	seen := map[string]bool{}
	elements(doc, func(name []byte, v bsoncore.Value) bool {
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
		if below := repeatedName(v.Data); below != "" {
			return key + "." + below
		}
	case bson.TypeArray:
		var path string
		elements(v.Data, func(index []byte, item bsoncore.Value) bool {
			path = repeatedBelow(key+"."+string(index), item)
			return path == ""
		})
		return path
	}
	return ""
}

// normalize gives a document the form in which it is stored: _id first, under
// that name, and dates as dates.
func (s *Schema) normalize(raw bson.Raw) (bson.Raw, error) {
	var id bsoncore.Value
	var rest []byte
	var broken *InvalidError
	elements(raw, func(name []byte, v bsoncore.Value) bool {
		switch key := string(name); {
		case key == "_id" || key == s.idField:
			if id.Type != 0 && !id.Equal(v) {
				broken = invalid(s.idField, key, "differs from _id")
			}
			id = v
		case strings.HasPrefix(key, "$"):
			broken = invalid(key, key, "begins with $, which MongoDB does not store at the top level")
		default:
			rest = bsoncore.AppendValueElement(rest, key, v)
		}
		return broken == nil
	})
	if broken != nil {
		return nil, broken
	}
	index, doc := bsoncore.AppendDocumentStart(nil)
	if id.Type != 0 {
		doc = bsoncore.AppendValueElement(doc, "_id", id)
	}
	doc, err := bsoncore.AppendDocumentEnd(append(doc, rest...), index)
	if err != nil {
		return nil, fmt.Errorf("write document: %w", err)
	}
	doc = rewrite(nil, doc, s.datePaths(), textToDate)
	if len(doc) > maxDocument {
		return nil, invalid("document", "", fmt.Sprintf("is larger than %d bytes", maxDocument))
	}
	return doc, nil
}

// withID puts an _id in front of a document that has none.
func withID(id bson.RawValue, raw bson.Raw) bson.Raw {
	index, doc := bsoncore.AppendDocumentStart(nil)
	doc = bsoncore.AppendValueElement(doc, "_id", bsoncore.Value{Type: bsoncore.Type(id.Type), Data: id.Value})
	doc, _ = bsoncore.AppendDocumentEnd(append(doc, raw[4:len(raw)-1]...), index)
	return doc
}

func (s *Schema) datePaths() []string {
	var out []string
	for _, f := range s.fields {
		if f.Kind == KindDate {
			out = append(out, f.paths...)
		}
	}
	return out
}

func dateToText(v bsoncore.Value) bsoncore.Value {
	if ms, ok := v.DateTimeOK(); ok && ms >= minMillis && ms <= maxMillis {
		text := string(appendMillis(nil, ms))
		return bsoncore.Value{Type: bsoncore.TypeString, Data: bsoncore.AppendString(nil, text)}
	}
	return v
}

func textToDate(v bsoncore.Value) bsoncore.Value {
	if bson.Type(v.Type) != bson.TypeString {
		return v
	}
	if ms, ok := millisOf(v); ok {
		return bsoncore.Value{Type: bsoncore.TypeDateTime, Data: bsoncore.AppendDateTime(nil, ms)}
	}
	return v
}

// rewrite appends a document with the values at some paths changed; lists on the
// way are entered.
func rewrite(dst, doc []byte, paths []string, change func(bsoncore.Value) bsoncore.Value) []byte {
	if len(paths) == 0 {
		return append(dst, doc...)
	}
	index, dst := bsoncore.AppendDocumentStart(dst)
	elements(doc, func(name []byte, v bsoncore.Value) bool {
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
		elements(v.Data, func(name []byte, item bsoncore.Value) bool {
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
