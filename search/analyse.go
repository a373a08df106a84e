package search

import (
	"fmt"
	"math"
	"strings"
	"time"
	"unicode/utf8"

	index "github.com/blevesearch/bleve_index_api"

	"github.com/aisle-search/aisle/search/analysis"
)

// RefusedError says why a document cannot be indexed.
type RefusedError struct{ ID, Reason string }

func (e *RefusedError) Error() string { return fmt.Sprintf("document %q: %s", e.ID, e.Reason) }

// converter turns Documents into Bleve's. It is used by one goroutine at a time.
type converter struct {
	schema   *compiledSchema
	analyzer *analysis.Analyzer
	records  *recordCodec
	now      func() time.Time
	tokens   []analysis.Token
	buf      []byte
}

// convert analyses d. It returns a *RefusedError when d cannot be indexed.
func (c *converter) convert(d *Document) (*indexDocument, error) {
	if err := c.check(d); err != nil {
		return nil, err
	}
	out := &indexDocument{id: d.ID, fields: make([]index.Field, 0, len(c.schema.texts)+8)}
	c.addTexts(out, d)
	c.addKeywords(out, d)
	c.addNumbers(out, d)
	c.addSorts(out, d)
	out.fields = append(out.fields, &indexField{
		name: fieldStored, options: index.StoreField, value: appendStored(nil, d, c.now(), c.records),
	})
	return out, nil
}

func (c *converter) check(d *Document) error {
	if d.ID == "" || len(d.ID) > 512 || !utf8.ValidString(d.ID) {
		return &RefusedError{ID: d.ID, Reason: "the id must be 1 to 512 bytes of UTF-8"}
	}
	known := func(name string) error {
		if _, ok := c.schema.kind(name); !ok {
			return &RefusedError{ID: d.ID, Reason: fmt.Sprintf("field %q is not in the schema", name)}
		}
		if strings.ContainsRune(name, nameSeparator) || len(name) > 512 {
			return &RefusedError{ID: d.ID, Reason: fmt.Sprintf("field name %.64q is too long or holds a NUL", name)}
		}
		return nil
	}
	for _, v := range d.Keywords {
		if err := known(v.Field); err != nil {
			return err
		}
	}
	for _, v := range d.Texts {
		if err := known(v.Field); err != nil {
			return err
		}
	}
	for _, v := range d.Numbers {
		if err := known(v.Field); err != nil {
			return err
		}
		if math.IsNaN(v.Value) || math.IsInf(v.Value, 0) {
			return &RefusedError{ID: d.ID, Reason: fmt.Sprintf("field %q is not a finite number", v.Field)}
		}
	}
	return nil
}

// addTexts adds the terms of all searched fields, and the fields' lengths.
func (c *converter) addTexts(out *indexDocument, d *Document) {
	lengths := &indexField{name: fieldLength, options: index.IndexField | index.SkipFreqNorm, length: 1, terms: index.TokenFrequencies{}}
	packs := make([]*indexField, len(c.schema.packs))
	for i, name := range c.schema.packs {
		packs[i] = &indexField{name: name, options: index.IndexField, length: 1, terms: index.TokenFrequencies{}}
	}
	for i := range c.schema.texts {
		f := &c.schema.texts[i]
		found, length := false, 0
		for _, text := range f.Values(d) {
			c.tokenise(text, f.Identifier)
			found = found || len(c.tokens) > 0
			length += c.addTokens(packs[f.pack], f.shift)
		}
		if found {
			lengths.set(lengthTerm(i, min(length, maxFieldLength)))
		}
	}
	for _, f := range append(packs, lengths) {
		if len(f.terms) > 0 {
			out.fields = append(out.fields, f)
		}
	}
}

func (c *converter) tokenise(s string, identifier bool) {
	if identifier {
		c.tokens = c.analyzer.Identifiers(c.tokens[:0], s)
	} else {
		c.tokens = c.analyzer.Tokens(c.tokens[:0], s)
	}
}

// addTokens counts the tokens in the bits at shift, and gives how many of them are
// no variants.
func (c *converter) addTokens(to *indexField, shift uint) (length int) {
	for i := range c.tokens {
		t := &c.tokens[i]
		to.count(t.Term, shift)
		if !t.Variant {
			length++
		}
	}
	return length
}

func (c *converter) addKeywords(out *indexDocument, d *Document) {
	keywords := &indexField{name: fieldKeyword, options: index.IndexField | index.SkipFreqNorm, length: 1, terms: index.TokenFrequencies{}}
	names := &indexField{name: fieldNames, options: index.IndexField | index.SkipFreqNorm, length: 1, terms: index.TokenFrequencies{}}
	for _, v := range d.Keywords {
		value := cut(strings.TrimSpace(v.Value), maxKeywordBytes)
		if value == "" {
			continue
		}
		c.buf = append(append(append(c.buf[:0], v.Field...), nameSeparator), value...)
		keywords.set(string(c.buf))
		if isAttribute(v.Field) {
			names.set(v.Field)
		}
	}
	for _, v := range d.Numbers {
		if isAttribute(v.Field) {
			names.set(v.Field)
		}
	}
	if len(keywords.terms) > 0 {
		out.fields = append(out.fields, keywords)
	}
	if len(names.terms) > 0 {
		out.fields = append(out.fields, names)
	}
}

func (c *converter) addNumbers(out *indexDocument, d *Document) {
	numbers := &indexField{name: fieldNumber, options: index.IndexField | index.SkipFreqNorm, length: 1, terms: index.TokenFrequencies{}}
	for _, v := range d.Numbers {
		c.buf = append(append(c.buf[:0], v.Field...), nameSeparator)
		c.buf = appendSortable(c.buf, v.Value)
		numbers.set(string(c.buf))
	}
	if len(numbers.terms) > 0 {
		out.fields = append(out.fields, numbers)
	}
}

// addSorts adds the sort keys of sortable texts and keywords: the smallest value
// where a field has several.
func (c *converter) addSorts(out *indexDocument, d *Document) {
	// With a frequency of 1 a key that one product has costs no postings list.
	sorts := &indexField{name: fieldSort, options: index.IndexField, length: 1, terms: index.TokenFrequencies{}}
	for i := range c.schema.Fields {
		f := &c.schema.Fields[i]
		if !f.Sort || f.Kind.numeric() {
			continue
		}
		key, ok := sortKey(d, f.Name)
		if !ok {
			continue
		}
		c.buf = append(append(append(c.buf[:0], f.Name...), nameSeparator), key...)
		sorts.add(string(c.buf), 1)
	}
	if len(sorts.terms) > 0 {
		out.fields = append(out.fields, sorts)
	}
}

// sortKey is the folded text that orders d by a text or keyword field.
func sortKey(d *Document, field string) (key string, ok bool) {
	take := func(s string) {
		s = cut(analysis.Fold(s), maxSortBytes)
		if s != "" && (!ok || s < key) {
			key, ok = s, true
		}
	}
	for _, v := range d.Texts {
		if v.Field == field {
			take(v.Text)
		}
	}
	if ok {
		return key, true
	}
	for _, v := range d.Keywords {
		if v.Field == field {
			take(v.Value)
		}
	}
	return key, ok
}

// cut shortens s to at most n bytes at a rune's border.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// lengthTerm is the term of fieldLength that says how long a text field is.
func lengthTerm(field, length int) string {
	return string([]byte{byte(field), byte(length >> 8), byte(length)})
}
