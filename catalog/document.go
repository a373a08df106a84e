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

	"github.com/aisle-search/aisle/catalog/bsondoc"
	"github.com/aisle-search/aisle/internal/surrogate"
)

// maxDocument is MongoDB's bound on a document, in bytes.
const maxDocument = 16 << 20

// DocumentJSON gives a stored document as relaxed extended JSON, with the values
// of declared date fields as RFC 3339 text.
func (s *Schema) DocumentJSON(raw bson.Raw) ([]byte, error) {
	if path, reason := bsondoc.Check(raw); reason != "" {
		return nil, invalid(orDefault(path, "document"), path, reason)
	}
	out, err := bson.MarshalExtJSON(bson.Raw(bsondoc.Rewrite(raw, s.datePaths(), dateToText)), false, false)
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
	if lone := surrogate.Lone(data); lone != "" {
		return nil, invalid("document", "", "is not valid Unicode: "+lone+" is half of a surrogate pair")
	}
	if data = bytes.TrimSpace(data); data[0] != '{' {
		return nil, invalid("document", "", "is not a JSON object")
	}
	var raw bson.Raw
	if err := bson.UnmarshalExtJSON(data, false, &raw); err != nil {
		return nil, invalid("document", "", "is not extended JSON: "+err.Error())
	}
	if path, reason := bsondoc.Check(raw); reason != "" {
		return nil, invalid(orDefault(path, "document"), path, reason)
	}
	if path := bsondoc.RepeatedName(raw); path != "" {
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

// normalize gives a document the form in which it is stored: _id first, under
// that name, and dates as dates.
func (s *Schema) normalize(raw bson.Raw) (bson.Raw, error) {
	var id bsoncore.Value
	var rest []byte
	var broken *InvalidError
	bsondoc.Elements(raw, func(name []byte, v bsoncore.Value) bool {
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
	doc = bsondoc.Rewrite(doc, s.datePaths(), textToDate)
	if len(doc) > maxDocument {
		return nil, invalid("document", "", fmt.Sprintf("is larger than %d bytes", maxDocument))
	}
	return doc, nil
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
