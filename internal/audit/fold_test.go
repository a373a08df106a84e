package audit

import (
	"io"
	"strings"
	"testing"

	"github.com/aisle-search/aisle/internal/sample"
	"github.com/aisle-search/aisle/search/analysis"
)

// Fold makes values equal that differ only in case, accents, form and blanks, and
// no others; written anew, it agrees with the index.
func TestFold(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"": "", "Acme ": "acme", " a\t\nB": "a b", "Café": "cafe", "cafe\u0301": "cafe", "STRASSE": "strasse", "Straße": "strasse",
		"Ø 5": "o 5", "ﬁt™": "fittm", "Ёлка": "елка", "ΟΔΟΣ": "οδοσ", "ガ": "ガ", "ｶﾞ": "ガ", "a-b": "a-b", "a\u200bb": "ab",
	} {
		if got := Fold(in); got != want {
			t.Errorf("Fold(%q) = %q, want %q", in, got, want)
		}
		if got := analysis.Fold(in); got != want {
			t.Errorf("the index folds %q to %q, want %q", in, got, want)
		}
	}
	products, err := sample.Products()
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(products)
	if err != nil {
		t.Fatal(err)
	}
	for word := range strings.FieldsSeq(string(text)) {
		if got, want := Fold(word), analysis.Fold(word); got != want {
			t.Errorf("Fold(%q) = %q, the index has %q", word, got, want)
		}
	}
}
