package catalog

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"

	"github.com/aisle-search/aisle/catalog/bsondoc"
)

// Version identifies a stored document's exact content. The shop's own writes
// change it as ours do.
type Version string

// VersionOf gives the version of a document as it is stored.
func VersionOf(raw bson.Raw) Version {
	sum := sha256.Sum256(raw)
	return Version(hex.EncodeToString(sum[:16]))
}

// Product is a document as the schema reads it.
type Product struct {
	ID      ProductID
	Version Version
	Visible bool
	Group   string // of variants; empty if none
	// Texts are the fields to analyse: those searched, and texts to sort by.
	Texts []TextValue
	// Keywords are the values of keyword and bool fields, without repetition.
	Keywords []TextValue
	// Numbers are the values of number, money and date fields.
	Numbers []NumberValue
	// Attributes are sorted by name.
	Attributes []Attribute

	fields []fieldValues
}

// TextValue is a text of a field. A field may have several.
type TextValue struct{ Field, Text string }

// NumberValue is a number of a field. A field may have several.
type NumberValue struct {
	Field  string
	Number float64
}

// fieldValues are what one declared field holds, for display.
type fieldValues struct {
	field  *Field
	values []Value
	list   bool // the source has a list
}

// Bounds of one product. Beyond them a document is invalid.
const (
	maxFieldValues     = 1_000
	maxAttributeValues = 5_000
	maxIDLength        = 512 // bytes
)

// maxFindings is how many errors of one document are listed.
const maxFindings = 20

// Published tells whether a document is one that the schema publishes, even where it
// is no product at the moment: then the last good version is still shown.
func (s *Schema) Published(raw bson.Raw) bool {
	p, err := s.Product(raw)
	var invalid *InvalidError
	if errors.As(err, &invalid) {
		return !invalid.Hidden
	}
	return err == nil && p.Visible
}

// Product reads a document. The error is an *InvalidError that lists what is
// wrong.
func (s *Schema) Product(raw bson.Raw) (Product, error) {
	if path, reason := bsondoc.Check(raw); reason != "" {
		return Product{}, invalid(orDefault(path, "document"), path, reason)
	}
	d := decoding{schema: s, slots: make([]slot, s.plan.slots)}
	d.collect(raw)
	p := Product{ID: d.id, Version: VersionOf(raw), Visible: d.visible(), Group: d.group()}
	if d.badID != "" {
		d.fail("_id", "_id", d.badID)
	}
	for i := range s.fields {
		d.field(&p, &s.fields[i], s.plan.first[i])
	}
	p.Attributes = d.attributes.sorted()
	if d.attributes.full {
		d.fail("attributes", "attributes", fmt.Sprintf("are more than %d values", maxAttributeValues))
	}
	if len(d.findings) > 0 {
		return Product{}, &InvalidError{ID: d.id, Fields: d.findings, Hidden: !p.Visible && d.badID == ""}
	}
	return p, nil
}

// slot collects what one path holds.
type slot struct {
	values []bsoncore.Value
	list   bool
	full   bool
}

func (s *slot) add(v bsoncore.Value) {
	if len(s.values) >= maxFieldValues {
		s.full = true
		return
	}
	s.values = append(s.values, v)
}

// decoding is the work of one Product call.
type decoding struct {
	schema     *Schema
	id         ProductID
	badID      string
	slots      []slot
	attributes attributeSet
	findings   []FieldError
}

func (d *decoding) fail(field, path, reason string) {
	if len(d.findings) < maxFindings {
		d.findings = append(d.findings, FieldError{Field: field, Path: path, Reason: reason})
	}
}

// collect walks the document once and puts every value where it belongs.
func (d *decoding) collect(raw bson.Raw) {
	d.badID = "is missing"
	plan := &d.schema.plan
	bsondoc.Elements(raw, func(key []byte, v bsoncore.Value) bool {
		if string(key) == "_id" {
			d.id, d.badID = idOf(v)
		}
		for _, t := range plan.targets[string(key)] {
			d.slots[t.slot].walk(v, t.rest)
		}
		for i := range d.schema.rules {
			if r := &d.schema.rules[i]; r.style == stylePattern {
				d.attributes.match(r, key, v, plan.claimed)
			}
		}
		return true
	})
	for i := range d.schema.rules {
		r := &d.schema.rules[i]
		if r.style == stylePattern {
			continue
		}
		for _, v := range d.slots[plan.rule[i]].values {
			d.attributes.read(r, v)
		}
	}
}

// walk follows a path below a value. Lists on the way are flattened; a number in
// the path picks one of a list.
func (s *slot) walk(v bsoncore.Value, rest string) {
	switch bson.Type(v.Type) {
	case bson.TypeNull, bson.TypeUndefined:
	case bson.TypeArray:
		if rest != "" && rest[0] >= '0' && rest[0] <= '9' {
			s.descend(v, rest)
			return
		}
		s.list = true
		bsondoc.Elements(v.Data, func(_ []byte, item bsoncore.Value) bool {
			s.walk(item, rest)
			return !s.full
		})
	case bson.TypeEmbeddedDocument:
		if rest == "" {
			s.add(v)
			return
		}
		s.descend(v, rest)
	default:
		if rest == "" {
			s.add(v)
		}
	}
}

// descend takes the members whose name begins the path; names may hold dots.
func (s *slot) descend(v bsoncore.Value, rest string) {
	bsondoc.Elements(v.Data, func(key []byte, item bsoncore.Value) bool {
		if string(key) == rest {
			s.walk(item, "")
		} else if len(rest) > len(key) && rest[len(key)] == '.' && rest[:len(key)] == string(key) {
			s.walk(item, rest[len(key)+1:])
		}
		return !s.full
	})
}

func (d *decoding) visible() bool {
	s := d.schema
	if len(s.visibility) == 0 {
		return true
	}
	for _, v := range d.first(s.plan.visible, len(s.visibility)).values {
		if text, ok := scalarText(v); ok && slices.Contains(s.visible, text) {
			return true
		}
	}
	return false
}

func (d *decoding) group() string {
	for _, v := range d.first(d.schema.plan.group, len(d.schema.group)).values {
		if text, ok := scalarText(v); ok && text != "" {
			return text
		}
	}
	return ""
}

// first gives the first of some alternatives that holds anything, or else the first
// that holds blanks.
func (d *decoding) first(from, n int) *slot {
	found := &slot{}
	for i := from; i < from+n; i++ {
		s := &d.slots[i]
		if slices.ContainsFunc(s.values, func(v bsoncore.Value) bool { return !blank(v) }) {
			return s
		}
		if len(found.values) == 0 {
			found = s
		}
	}
	return found
}

// field converts a declared field's values and adds them to the product.
func (d *decoding) field(p *Product, f *Field, from int) {
	found := d.first(from, len(f.paths))
	if len(found.values) == 0 {
		return
	}
	if found.full {
		d.fail(f.Name, f.paths[0], fmt.Sprintf("has more than %d values", maxFieldValues))
	}
	held := fieldValues{field: f, list: found.list, values: make([]Value, 0, len(found.values))}
	for _, v := range found.values {
		value, reason := f.convert(v)
		if reason != "" {
			d.fail(f.Name, f.paths[0], reason)
		} else if value.Kind != 0 {
			held.values = append(held.values, value)
		}
	}
	if f.Category {
		held.values, held.list = f.categoryPaths(held.values, found.list)
	}
	if len(held.values) == 0 {
		return
	}
	p.fields = append(p.fields, held)
	for _, v := range held.values {
		p.add(f, v)
	}
}

// add puts a value where an index looks for it.
func (p *Product) add(f *Field, v Value) {
	if (f.Searched() || f.Sort) && f.Kind == KindText || f.Searched() && f.Kind == KindKeyword {
		p.Texts = append(p.Texts, TextValue{f.Name, v.Text})
	}
	switch f.Kind {
	case KindKeyword, KindBool:
		if !f.Category {
			p.addKeyword(f.Name, v.Text)
			return
		}
		for i := 0; i < len(v.Text); i++ {
			if strings.HasPrefix(v.Text[i:], CategorySeparator) {
				p.addKeyword(f.Name, v.Text[:i])
			}
		}
		p.addKeyword(f.Name, v.Text)
	case KindNumber, KindMoney, KindDate:
		if n := (NumberValue{f.Name, v.Number}); !slices.Contains(p.Numbers, n) {
			p.Numbers = append(p.Numbers, n)
		}
	}
}

func (p *Product) addKeyword(field, text string) {
	if k := (TextValue{field, text}); !slices.Contains(p.Keywords, k) {
		p.Keywords = append(p.Keywords, k)
	}
}

// categoryPaths joins what the source holds into whole paths. A list is one path
// of its levels, unless a value holds the separator: then each value is a path.
func (f *Field) categoryPaths(values []Value, list bool) ([]Value, bool) {
	separator := strings.TrimSpace(f.separator)
	levels := list
	for _, v := range values {
		levels = levels && !strings.Contains(v.Text, separator)
	}
	if levels {
		values = []Value{{Kind: KindKeyword, Text: joinLevels(textsOf(values))}}
	} else {
		for i, v := range values {
			values[i].Text = joinLevels(strings.Split(v.Text, separator))
		}
	}
	values = slices.DeleteFunc(values, func(v Value) bool { return v.Text == "" })
	return values, list && !levels
}

// joinLevels writes a path in the one form that is given out. A level's own
// separators would make levels of their own, so they become slashes.
func joinLevels(levels []string) string {
	kept := levels[:0]
	for _, l := range levels {
		l = strings.Join(strings.Fields(l), " ")
		if l = strings.ReplaceAll(l, CategorySeparator, " / "); l != "" {
			kept = append(kept, l)
		}
	}
	return strings.Join(kept, CategorySeparator)
}

func textsOf(values []Value) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = v.Text
	}
	return out
}

// idOf gives a document's _id as text. A reason means that the _id cannot name
// a product; the id then only tells where the document is.
func idOf(v bsoncore.Value) (ProductID, string) {
	switch bson.Type(v.Type) {
	case bson.TypeString, bson.TypeObjectID, bson.TypeInt32, bson.TypeInt64, bson.TypeBinary:
		if text, ok := scalarText(v); ok {
			switch {
			case text == "":
				return `""`, "is empty" // quoted, so that its dead letter can be named
			case len(text) > maxIDLength:
				return ProductID(strings.ToValidUTF8(text[:maxIDLength], "")), fmt.Sprintf("is longer than %d bytes", maxIDLength)
			}
			return ProductID(text), ""
		}
	case bson.TypeDouble: // a whole number written by a client without integers
		if n := v.Double(); n == float64(int64(n)) && n >= -maxExact && n <= maxExact {
			return ProductID(fmt.Sprintf("%d", int64(n))), ""
		}
	}
	return ProductID(strings.ToValidUTF8(cut(v.String(), maxIDLength), "")), "is " + typeName(v) + ": use text, a whole number, an ObjectID or a UUID"
}

func cut(s string, most int) string {
	if len(s) > most {
		return s[:most]
	}
	return s
}
