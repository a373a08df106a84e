package reference

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aisle-search/aisle/search"
)

// words analyses "a-b" into a and b and, as a variant, ab.
func words(text string) []Token {
	var tokens []Token
	for _, word := range strings.Fields(strings.ToLower(text)) {
		parts := strings.Split(word, "-")
		for _, part := range parts {
			tokens = append(tokens, Token{Term: part})
		}
		if len(parts) > 1 {
			tokens = append(tokens, Token{Term: strings.Join(parts, ""), Variant: true})
		}
	}
	return tokens
}

// code is one token of letters and digits only.
func code(text string) []Token {
	return []Token{{Term: strings.ToLower(strings.ReplaceAll(text, "-", ""))}}
}

func shop(t *testing.T, documents ...search.Document) *Index {
	t.Helper()
	schema := search.Schema{
		Fields: []search.Field{
			{Name: "title", Kind: search.Text, Weight: 3, Sort: true},
			{Name: "description", Kind: search.Text, Weight: 1},
			{Name: "sku", Kind: search.Keyword, Weight: 2, Identifier: true},
			{Name: "brand", Kind: search.Keyword, Facet: true, Sort: true},
			{Name: "price", Kind: search.Money, Facet: true, Sort: true},
			{Name: "note", Kind: search.Text},
		},
		AttributeWeight: 0.5,
	}
	parameters := DefaultParameters()
	parameters.MeanDigits = 0 // easier to calculate by hand
	x := New(schema, Analysis{Tokens: words, Identifiers: code, Fold: strings.ToLower}, parameters)
	x.Commit(search.Batch{Documents: documents})
	return x
}

func text(id string, fieldsAndTexts ...string) search.Document {
	d := search.Document{ID: id}
	for i := 0; i < len(fieldsAndTexts); i += 2 {
		d.Texts = append(d.Texts, search.TextValue{Field: fieldsAndTexts[i], Text: fieldsAndTexts[i+1]})
	}
	return d
}

func pans(t *testing.T) *Index {
	return shop(t,
		text("a", "title", "red pan", "description", "a pan for all"),
		text("b", "title", "blue pot"),
		text("c", "title", "pan", "note", "pan pan pan"),
	)
}

func concept(terms ...string) Concept {
	return Concept{Name: terms[0], Variants: []Variant{{Terms: terms, Weight: 1}}}
}

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.IsNaN(got) || math.Abs(got-want) > 1e-7 {
		t.Errorf("%s: got %.9f, want %.9f", what, got, want)
	}
}

// Mean lengths are 5/3 for titles and 4/3 for descriptions, the missing ones
// counting 0.
//
//	a: 3/(0.6+0.4·2/(5/3)) + 1/(0.6+0.4·4/(4/3)) = 3/1.08 + 1/1.8 = 10/3
//	c: 3/(0.6+0.4·1/(5/3)) = 3/0.84 = 25/7
//
// idf = ln(1 + 1.5/2.5) = ln 1.6.
func TestOneTerm(t *testing.T) {
	t.Parallel()
	x := pans(t)
	frequencies := x.TermFrequencies("pan")
	near(t, "frequency in a", frequencies["a"], 10.0/3)
	near(t, "frequency in c", frequencies["c"], 25.0/7)
	if len(frequencies) != 2 {
		t.Errorf("got %v, want a and c: a field without weight is not searched", frequencies)
	}
	texts := x.Texts([]Concept{concept("pan")}, 1)
	near(t, "a", texts["a"].Score, math.Log(1.6)*(10.0/3)/(0.6+10.0/3))
	near(t, "c", texts["c"].Score, math.Log(1.6)*(25.0/7)/(0.6+25.0/7))
	want := Share{Concept: "pan", Value: texts["a"].Score, IDF: math.Log(1.6), DF: 2}
	if diff := cmp.Diff([]Share{want}, texts["a"].Shares); diff != "" {
		t.Errorf("shares (-want +got):\n%s", diff)
	}
}

// The best variant counts, weighted; of several terms the rarest counts, and
// all must be there. Product a: red 3/1.08, pan 10/3, so "red pan" 0.9·3/1.08.
func TestVariants(t *testing.T) {
	t.Parallel()
	x := pans(t)
	c := Concept{Name: "red pan", Variants: []Variant{
		{Terms: []string{"red", "pan"}, Weight: 0.9},
		{Terms: []string{"pot"}, Weight: 0.25},
		{Terms: []string{"blue"}, Weight: 0.2},
		{Terms: []string{"absent", "pan"}, Weight: 5},
	}}
	got := x.conceptFrequencies(c)
	near(t, "a", got["a"], 0.9*3/1.08)
	near(t, "b", got["b"], 0.25*3/1.08)
	if _, ok := got["c"]; ok || len(got) != 2 {
		t.Errorf("got %v, want a and b only", got)
	}
}

// A prefix stands for its first terms in order of bytes, one variant each.
func TestPrefix(t *testing.T) {
	t.Parallel()
	x := shop(t, text("1", "title", "pan"), text("2", "title", "pancake"), text("3", "title", "pot"), text("4", "description", "pane"))
	x.PrefixTerms = 2
	got := x.conceptFrequencies(Concept{Variants: []Variant{{Terms: []string{"pan"}, Weight: 0.5, Prefix: true}}})
	if _, ok := got["4"]; ok || len(got) != 2 {
		t.Errorf("got %v, want 1 and 2: pan and pancake are the first two", got)
	}
	near(t, "pancake", got["2"], 0.5*3/(0.6+0.4*1/0.75))
	x.Delete("1")
	if got := x.termsWithPrefix("pan"); !cmp.Equal(got, []string{"pancake", "pane"}) {
		t.Errorf("after the delete: got %v, want pancake and pane", got)
	}
}

// Coverage is the share of required concepts to a power; optional concepts add
// and are not asked for; too few matches are no candidates.
func TestCoverage(t *testing.T) {
	t.Parallel()
	x := pans(t)
	optional := concept("all")
	optional.Optional = true
	query := []Concept{concept("pan"), concept("red"), optional}
	texts := x.Texts(query, 1)
	if len(texts) != 2 {
		t.Fatalf("got %v, want a and c", texts)
	}
	near(t, "coverage of a", texts["a"].Coverage, 1)
	near(t, "coverage of c", texts["c"].Coverage, 0.5)
	near(t, "c", texts["c"].Score, 0.5*math.Log(1.6)*(25.0/7)/(0.6+25.0/7))
	rare := math.Log(1 + 2.5/1.5)
	near(t, "a", texts["a"].Score, math.Log(1.6)*(10.0/3)/(0.6+10.0/3)+
		rare*(3/1.08)/(0.6+3/1.08)+rare*(1/1.8)/(0.6+1/1.8))
	x.CoveragePower = 2
	near(t, "coverage squared", x.Texts(query, 1)["c"].Coverage, 0.25)
	if texts := x.Texts(query, 2); len(texts) != 1 || texts["a"].Matched != 2 {
		t.Errorf("at least 2: got %v, want a", texts)
	}
	if texts := x.Texts([]Concept{optional}, 0); len(texts) != 1 {
		t.Errorf("only optional: got %v, want a: something must match", texts)
	}
}

// Variant tokens are found, and do not lengthen the text. Identifiers have an
// analysis of their own, attributes one field together, values of a field are
// one text.
func TestFields(t *testing.T) {
	t.Parallel()
	d := text("1", "title", "wi-fi", "title", "router", "sku", "AB-1")
	d.AttributeText = []string{"dual-band", "white"}
	x := shop(t, d)
	p := x.products["1"]
	want := map[string]int{"title": 3, "sku": 1, "attr": 3}
	if diff := cmp.Diff(want, p.length); diff != "" {
		t.Errorf("lengths (-want +got):\n%s", diff)
	}
	for term, frequency := range map[string]float64{"wifi": 3, "router": 3, "ab1": 2, "dualband": 0.5} {
		near(t, term, x.TermFrequencies(term)["1"], frequency)
	}
	x.Put(text("1", "title", "pan"))
	if got := x.TermFrequencies("wifi"); len(got) != 0 {
		t.Errorf("a replaced document is still found: %v", got)
	}
}

// Texts of nothing but variant tokens have no length, and no NaN.
func TestNoLength(t *testing.T) {
	t.Parallel()
	x := New(search.Schema{Fields: []search.Field{{Name: "title", Weight: 3}}},
		Analysis{Tokens: func(s string) []Token { return []Token{{Term: s, Variant: true}} }}, DefaultParameters())
	x.Put(text("1", "title", "pan"))
	near(t, "pan", x.TermFrequencies("pan")["1"], 3/0.6)
}

// A mean length of 10/3 is 213.33/64, rounded 213/64; a frequency of 20 counts as 15.
func TestRounding(t *testing.T) {
	t.Parallel()
	x := shop(t, search.Document{ID: "a", Texts: []search.TextValue{{Field: "title", Text: strings.Repeat("x ", 4)}}},
		search.Document{ID: "b", Texts: []search.TextValue{{Field: "title", Text: strings.Repeat("x ", 5)}}},
		search.Document{ID: "c", Texts: []search.TextValue{{Field: "title", Text: "x"}}})
	x.MeanDigits = 8
	if got := x.averageLength("title"); got != 213.0/64 {
		t.Errorf("mean: got %v, want %v", got, 213.0/64)
	}
	x.Put(search.Document{ID: "d", Texts: []search.TextValue{{Field: "title", Text: strings.Repeat("x ", 20)}}})
	if got := x.products["d"].frequency["title"]["x"]; got != 15 {
		t.Errorf("frequency: got %d, want 15", got)
	}
}
