package analysis

import (
	"testing"
	"unicode/utf8"
)

// No text panics, offsets stay inside it, and what is indexed is found by
// itself.
func FuzzAnalysis(f *testing.F) {
	for _, text := range []string{
		"NOR.0707-60 AA-100MM", `17" 3.5mm 1,200.50 5 1/2 in 14.2.1.0`, "Crème 交换机 ก้าว 가방 🎧", "2 x 4GB 16:9 10cm x 20 cm",
		"\xff\xfe1\xcc\x81", "'6' \"6\" 6'' °C 9°", "½¼ 1½", "a.b.c.d.e.f.g.h.i.j.k.l.m.n", "00000000 0000000a",
	} {
		f.Add(text)
	}
	a := newAnalyzer(f)
	f.Fuzz(func(t *testing.T, text string) {
		tokens := a.Tokens(nil, text)
		for _, group := range [][]Token{tokens, a.Identifiers(nil, text)} {
			position := 0
			for _, tok := range group {
				if tok.Start < 0 || tok.Start >= tok.End || tok.End > len(text) {
					t.Fatalf("token %+v outside of %d bytes", tok, len(text))
				}
				if tok.Term == "" || len(tok.Term) > maxTerm || tok.Position < position {
					t.Fatalf("bad token %+v behind position %d", tok, position)
				}
				if utf8.ValidString(text) && !utf8.ValidString(tok.Term) {
					t.Fatalf("term %q is not UTF-8", tok.Term)
				}
				position = tok.Position
			}
		}
		checkConcepts(t, a.Query(text, all{}))
		if Fold(Fold(text)) != Fold(text) {
			t.Fatalf("Fold(%q) = %q, and again %q", text, Fold(text), Fold(Fold(text)))
		}
		if len(text) <= maxQueryBytes {
			findItself(t, a, text, tokens)
		}
	})
}

// findItself ensures that a text typed as a query matches the text indexed.
func findItself(t *testing.T, a *Analyzer, text string, tokens []Token) {
	t.Helper()
	terms := make(set, len(tokens))
	for _, tok := range tokens {
		terms[tok.Term] = 1
	}
	shelf := shelf{a: a, df: terms, products: []map[string]int{terms}}
	for _, c := range a.Query(text, terms) {
		if shelf.score(terms, c) == 0 {
			t.Fatalf("%q: concept %+v does not match its own text: %s", text, c, dump(tokens))
		}
	}
}

// set is a lexicon of one product.
type set map[string]int

func (s set) Has(term string) bool { return s[term] > 0 }
