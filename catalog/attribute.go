package catalog

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"

	"github.com/aisle-search/aisle/catalog/bsondoc"
)

// Attribute is an open attribute: what a product has beyond the declared fields.
type Attribute struct {
	Name   string // "attr." and the attribute's own name
	Values []Value
}

// Label is the attribute's own name.
func (a Attribute) Label() string { return a.Name[len(AttributePrefix):] }

// Words is the attribute's name as words, for searching and showing:
// "wi_fi_standards" gives "wi fi standards".
func (a Attribute) Words() string {
	return strings.Join(strings.FieldsFunc(a.Label(), func(r rune) bool { return r == '_' || r == '.' || r == ' ' }), " ")
}

// AttributeText is what of the attributes is worth searching: every text, and
// the names of what the product has ("bluetooth": true). Bare numbers find
// nothing that a filter would not find better.
func (p Product) AttributeText() []string {
	var out []string
	for _, a := range p.Attributes {
		for _, v := range a.Values {
			switch {
			case v.Kind == KindKeyword:
				out = append(out, v.Text)
			case v.Kind == KindBool && v.Text == "true":
				out = append(out, a.Words())
			}
		}
	}
	return out
}

const (
	maxAttributeDepth = 8   // nested objects; deeper ones are dropped
	maxAttributeName  = 256 // bytes; longer ones are dropped
)

// attributeSet collects attributes. Odd values degrade, they never fail: nulls,
// NaN and binary data are dropped, and what is of another type than the rule
// says keeps its own.
type attributeSet struct {
	named []namedValue
	full  bool
}

type namedValue struct {
	name  string
	value Value
}

// match takes a top-level value if its name fits the pattern. A pattern that is
// the star alone leaves out what declared fields read.
func (s *attributeSet) match(r *attributeRule, key []byte, v bsoncore.Value, claimed map[string]bool) {
	most := len(key) - len(r.suffix)
	if most < len(r.prefix) || string(key[:len(r.prefix)]) != r.prefix || string(key[most:]) != r.suffix || string(key) == "_id" {
		return
	}
	if r.prefix == "" && r.suffix == "" && claimed[string(key)] {
		return
	}
	s.take(r.kind, AttributePrefix+string(key[len(r.prefix):most]), v, 1)
}

// read takes what a rule with a path has found.
func (s *attributeSet) read(r *attributeRule, v bsoncore.Value) {
	if bson.Type(v.Type) != bson.TypeEmbeddedDocument {
		return
	}
	if r.style == styleObject {
		bsondoc.Elements(v.Data, func(key []byte, item bsoncore.Value) bool {
			s.take(r.kind, AttributePrefix+string(key), item, 1)
			return true
		})
		return
	}
	var name string
	var value bsoncore.Value
	bsondoc.Elements(v.Data, func(key []byte, item bsoncore.Value) bool {
		switch string(key) {
		case r.name:
			name, _ = scalarText(item)
		case r.value:
			value = item
		}
		return true
	})
	s.take(r.kind, AttributePrefix+name, value, 1)
}

// take flattens lists and objects; a member's name goes after a dot. So {"a":
// {"b": 1}} and {"a.b": 1} are the same attribute. The name has its prefix.
func (s *attributeSet) take(kind Kind, name string, v bsoncore.Value, depth int) {
	if len(name) == len(AttributePrefix) || len(name) > maxAttributeName || depth > maxAttributeDepth {
		return
	}
	switch bson.Type(v.Type) {
	case bson.TypeArray:
		bsondoc.Elements(v.Data, func(_ []byte, item bsoncore.Value) bool {
			s.take(kind, name, item, depth+1)
			return !s.full
		})
		return
	case bson.TypeEmbeddedDocument:
		bsondoc.Elements(v.Data, func(key []byte, item bsoncore.Value) bool {
			s.take(kind, name+"."+string(key), item, depth+1)
			return !s.full
		})
		return
	}
	value, ok := attributeValue(kind, v)
	if !ok {
		return
	}
	if len(s.named) >= maxAttributeValues {
		s.full = true
		return
	}
	s.named = append(s.named, namedValue{name: name, value: value})
}

// attributeValue reads a value as the rule's kind where nothing is lost by it,
// and else as its own.
func attributeValue(kind Kind, v bsoncore.Value) (Value, bool) {
	if kind == KindNumber {
		if n, ok := numberOf(v); ok {
			return Value{Kind: KindNumber, Number: n}, true
		}
	}
	switch bson.Type(v.Type) {
	case bson.TypeInt32, bson.TypeInt64, bson.TypeDouble, bson.TypeDecimal128:
		if n, ok := numberOf(v); kind != KindKeyword {
			return Value{Kind: KindNumber, Number: n}, ok
		}
	case bson.TypeBoolean:
		if kind != KindKeyword {
			return Value{Kind: KindBool, Text: strconv.FormatBool(v.Boolean())}, true
		}
	case bson.TypeDateTime:
		if ms, ok := millisOf(v); kind != KindKeyword {
			return Value{Kind: KindDate, Number: float64(ms)}, ok
		}
	}
	text, ok := scalarText(v)
	text = strings.TrimSpace(text)
	if !ok || text == "" {
		return Value{}, false
	}
	if kind == KindBool && (text == "true" || text == "false") {
		return Value{Kind: KindBool, Text: text}, true
	}
	return Value{Kind: KindKeyword, Text: text}, true
}

// sorted gives the attributes by name, each with its values in the source's
// order and without repetition.
func (s *attributeSet) sorted() []Attribute {
	if len(s.named) == 0 {
		return nil
	}
	slices.SortStableFunc(s.named, func(a, b namedValue) int { return cmp.Compare(a.name, b.name) })
	out := make([]Attribute, 0, len(s.named))
	values := make([]Value, 0, len(s.named)) // one array for all
	for i := 0; i < len(s.named); {
		name, from := s.named[i].name, len(values)
		for ; i < len(s.named) && s.named[i].name == name; i++ {
			if v := s.named[i].value; !slices.Contains(values[from:], v) {
				values = append(values, v)
			}
		}
		out = append(out, Attribute{Name: name, Values: values[from:len(values):len(values)]})
	}
	return out
}
