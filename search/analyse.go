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
	packs    [][]layout.Term // by pack
	joined   joined
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
	if c.packs == nil {
		c.packs = make([][]layout.Term, len(c.schema.Packs))
	}
	for i := range c.packs {
		c.packs[i] = c.packs[i][:0]
	}
	lengths := layout.NewSetField(layout.Lengths, len(c.schema.Texts))
	for i := range c.schema.Texts {
		f := &c.schema.Texts[i]
		found, length := false, 0
		for _, text := range textValues(f, d) {
			c.tokenise(text, f.Identifier)
			found = found || len(c.tokens) > 0
			length += c.addTokens(f.Pack, f.Shift)
		}
		if found {
			lengths.Set(layout.LengthTerm(i, min(length, maxFieldLength)))
		}
	}
	for i, name := range c.schema.Packs {
		pack := layout.NewCountField(name, len(c.packs[i]))
		pack.Terms = append(pack.Terms, c.packs[i]...)
		out.Add(pack)
	}
	out.Add(lengths)
}

func (c *converter) tokenise(s string, identifier bool) {
	if identifier {
		c.tokens = c.analyzer.Identifiers(c.tokens[:0], s)
	} else {
		c.tokens = c.analyzer.Tokens(c.tokens[:0], s)
	}
}

// addTokens counts the tokens in a pack's bits at shift, and gives how many of them are
// no variants.
func (c *converter) addTokens(pack int, shift uint) (length int) {
	for i := range c.tokens {
		t := &c.tokens[i]
		c.packs[pack] = append(c.packs[pack], layout.Term{Text: t.Term, Weight: 1 << shift})
		if !t.Variant {
			length++
		}
	}
	return length
}

// joined makes many terms in one allocation.
type joined struct {
	text []byte
	ends []int // of the terms
}

func (j *joined) begin(name string) { j.text = append(append(j.text, name...), layout.Separator) }
func (j *joined) end()              { j.ends = append(j.ends, len(j.text)) }

// to adds the terms to a field with a weight.
func (j *joined) to(f *layout.Field, weight uint64) {
	text, start := string(j.text), 0
	for _, end := range j.ends {
		f.Terms = append(f.Terms, layout.Term{Text: text[start:end], Weight: weight})
		start = end
	}
	j.text, j.ends = j.text[:0], j.ends[:0]
}

func (c *converter) addKeywords(out *layout.Document, d *Document) {
	keywords := layout.NewSetField(layout.Keywords, len(d.Keywords))
	names := layout.NewSetField(layout.Names, len(d.Keywords)+len(d.Numbers))
	for _, v := range d.Keywords {
		value := cut(strings.TrimSpace(v.Value), maxKeywordBytes)
		if value == "" {
			continue
		}
		c.joined.begin(v.Field)
		c.joined.text = append(c.joined.text, value...)
		c.joined.end()
		if schema.IsAttribute(v.Field) {
			names.Set(v.Field)
		}
	}
	c.joined.to(keywords, 0)
	for _, v := range d.Numbers {
		if schema.IsAttribute(v.Field) {
			names.Set(v.Field)
		}
	}
	out.Add(keywords)
	out.Add(names)
}

func (c *converter) addNumbers(out *layout.Document, d *Document) {
	numbers := layout.NewSetField(layout.Numbers, len(d.Numbers))
	for _, v := range d.Numbers {
		c.joined.begin(v.Field)
		c.joined.text = layout.AppendNumber(c.joined.text, v.Value)
		c.joined.end()
	}
	c.joined.to(numbers, 0)
	out.Add(numbers)
}

// addSorts adds the sort keys of sortable texts and keywords: the smallest value
// where a field has several.
func (c *converter) addSorts(out *layout.Document, d *Document) {
	// With a frequency of 1 a key that one product has costs no postings list.
	sorts := layout.NewCountField(layout.Sorts, len(c.schema.Fields))
	for i := range c.schema.Fields {
		f := &c.schema.Fields[i]
		if !f.Sort || f.Kind.Numeric() {
			continue
		}
		key, ok := sortKey(d, f.Name)
		if !ok {
			continue
		}
		c.joined.begin(f.Name)
		c.joined.text = append(c.joined.text, key...)
		c.joined.end()
	}
	c.joined.to(sorts, 1)
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
