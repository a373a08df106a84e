package search

import (
	"fmt"
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aisle-search/aisle/search/analysis"
	"github.com/aisle-search/aisle/search/layout"
	"github.com/aisle-search/aisle/search/record"
	"github.com/aisle-search/aisle/search/schema"
)

// Bounds of one document. What is longer is cut at a rune's border: a facet
// value or a sort key of such length tells nobody more.
const (
	maxKeywordBytes = 1 << 10
	maxSortBytes    = 256
	maxFieldLength  = math.MaxUint16
)

// RefusedError says why a document cannot be indexed.
type RefusedError struct{ ID, Reason string }

// Error names the document and the reason.
func (e *RefusedError) Error() string { return fmt.Sprintf("document %q: %s", e.ID, e.Reason) }

// converter turns Documents into Bleve's. It is used by one goroutine at a time.
type converter struct {
	schema   *schema.Compiled
	analyzer *analysis.Analyzer
	records  *record.Codec
	now      func() time.Time
	tokens   []analysis.Token
	buf      []byte
}

// convert analyses d. It returns a *RefusedError when d cannot be indexed.
func (c *converter) convert(d *Document) (*layout.Document, error) {
	if err := c.check(d); err != nil {
		return nil, err
	}
	out := layout.NewDocument(d.ID, len(c.schema.Packs)+8)
	c.addTexts(out, d)
	c.addKeywords(out, d)
	c.addNumbers(out, d)
	c.addSorts(out, d)
	content := d.content()
	out.Store(record.Append(nil, &content, c.now(), c.records))
	return out, nil
}

func (c *converter) check(d *Document) error {
	if d.ID == "" || len(d.ID) > 512 || !utf8.ValidString(d.ID) {
		return &RefusedError{ID: d.ID, Reason: "the id must be 1 to 512 bytes of UTF-8"}
	}
	known := func(name string) error {
		if _, ok := c.schema.KindOf(name); !ok {
			return &RefusedError{ID: d.ID, Reason: fmt.Sprintf("field %q is not in the schema", name)}
		}
		if strings.ContainsRune(name, layout.Separator) || len(name) > 512 {
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
func (c *converter) addTexts(out *layout.Document, d *Document) {
	lengths := layout.NewSetField(layout.Lengths)
	packs := make([]*layout.Field, len(c.schema.Packs))
	for i, name := range c.schema.Packs {
		packs[i] = layout.NewCountField(name)
	}
	for i := range c.schema.Texts {
		f := &c.schema.Texts[i]
		found, length := false, 0
		for _, text := range textValues(f, d) {
			c.tokenise(text, f.Identifier)
			found = found || len(c.tokens) > 0
			length += c.addTokens(packs[f.Pack], f.Shift)
		}
		if found {
			lengths.Set(layout.LengthTerm(i, min(length, maxFieldLength)))
		}
	}
	for _, f := range append(packs, lengths) {
		out.Add(f)
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
func (c *converter) addTokens(to *layout.Field, shift uint) (length int) {
	for i := range c.tokens {
		t := &c.tokens[i]
		to.Count(t.Term, shift)
		if !t.Variant {
			length++
		}
	}
	return length
}

func (c *converter) addKeywords(out *layout.Document, d *Document) {
	keywords, names := layout.NewSetField(layout.Keywords), layout.NewSetField(layout.Names)
	for _, v := range d.Keywords {
		value := cut(strings.TrimSpace(v.Value), maxKeywordBytes)
		if value == "" {
			continue
		}
		c.buf = append(append(append(c.buf[:0], v.Field...), layout.Separator), value...)
		keywords.Set(string(c.buf))
		if schema.IsAttribute(v.Field) {
			names.Set(v.Field)
		}
	}
	for _, v := range d.Numbers {
		if schema.IsAttribute(v.Field) {
			names.Set(v.Field)
		}
	}
	out.Add(keywords)
	out.Add(names)
}

func (c *converter) addNumbers(out *layout.Document, d *Document) {
	numbers := layout.NewSetField(layout.Numbers)
	for _, v := range d.Numbers {
		c.buf = append(append(c.buf[:0], v.Field...), layout.Separator)
		c.buf = layout.AppendNumber(c.buf, v.Value)
		numbers.Set(string(c.buf))
	}
	out.Add(numbers)
}

// addSorts adds the sort keys of sortable texts and keywords: the smallest value
// where a field has several.
func (c *converter) addSorts(out *layout.Document, d *Document) {
	// With a frequency of 1 a key that one product has costs no postings list.
	sorts := layout.NewCountField(layout.Sorts)
	for i := range c.schema.Fields {
		f := &c.schema.Fields[i]
		if !f.Sort || f.Kind.Numeric() {
			continue
		}
		key, ok := sortKey(d, f.Name)
		if !ok {
			continue
		}
		c.buf = append(append(append(c.buf[:0], f.Name...), layout.Separator), key...)
		sorts.Add(string(c.buf), 1)
	}
	out.Add(sorts)
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
