package analysis

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Stop words are optional only beside real words.
func TestQueryOptional(t *testing.T) {
	t.Parallel()
	tests := []struct {
		query string
		want  []string // optional ones in parentheses
	}{
		{"the who", []string{"(the)", "who"}},
		{"it", []string{"it"}},
		{"it is on", []string{"it", "is", "on"}},
		{"vitamin a", []string{"vitamin", "(a)"}},
		{"cover for a tablet", []string{"cover", "(for)", "(a)", "tablet"}},
		{"3 a fuse", []string{"3 a", "fuse"}},
		{"fuse fuses FUSE", []string{"fuse"}},
		{"17\" 3,5 mm", []string{"17\"", "3,5 mm"}},
		{"* ? \" &", nil},
	}
	a := newAnalyzer(t)
	for _, tt := range tests {
		t.Run(tt.query, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, c := range a.Query(tt.query, nil) {
				if tt.query[c.Start:c.End] != c.Surface {
					t.Errorf("offsets %d..%d are not those of %q", c.Start, c.End, c.Surface)
				}
				if c.Optional {
					got = append(got, "("+c.Surface+")")
				} else {
					got = append(got, c.Surface)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// all is a lexicon that knows every term, the worst case.
type all struct{}

func (all) Has(string) bool { return true }

// A query of any length is bounded in concepts and variants (D10).
func TestQueryBounds(t *testing.T) {
	t.Parallel()
	a := newAnalyzer(t)
	texts := []string{
		strings.Repeat("word ", 1000), strings.Repeat("ab1-", 5000), strings.Repeat("1", 1<<20),
		strings.Repeat("1,", 3000), strings.Repeat("2 x ", 3000), strings.Repeat("字", 3000), strings.Repeat("a1 2 ", 500),
	}
	for n := range 200 {
		texts = append(texts, strings.Repeat("q", n)+" "+strings.Repeat("ü", 600))
	}
	for _, text := range texts {
		concepts := a.Query(text, all{})
		if len(concepts) == 0 || len(concepts) > maxConcepts {
			t.Errorf("%.20q…: %d concepts, want 1 to %d", text, len(concepts), maxConcepts)
		}
		checkConcepts(t, concepts)
	}
}

func checkConcepts(t *testing.T, concepts []Concept) {
	t.Helper()
	for _, c := range concepts {
		if len(c.Variants) == 0 || len(c.Variants) > maxVariants {
			t.Errorf("%q: %d variants, want 1 to %d", c.Surface, len(c.Variants), maxVariants)
		}
		for _, v := range c.Variants {
			if len(v.Terms) == 0 || v.Weight <= 0 || v.Weight > 1 || v.Prefix && len(v.Terms) != 1 {
				t.Errorf("%q: bad variant %v", c.Surface, v)
			}
			for _, term := range v.Terms {
				if term == "" || len(term) > maxTerm {
					t.Errorf("%q: bad term %q", c.Surface, term)
				}
			}
		}
	}
}

// Variants that no product can satisfy are left out, the typed one excepted.
func TestQueryPrunesUnknown(t *testing.T) {
	t.Parallel()
	s := newShelf(t, "HDMI cable 3 m", "HDMI cable 300 cm")
	got := s.a.Query("cable 3m zzz", s)
	want := []Concept{
		{Surface: "cable", Start: 0, End: 5, Variants: []Variant{{Terms: []string{"cabl"}, Weight: 1}}},
		{Surface: "3m", Start: 6, End: 8, Variants: []Variant{
			{Terms: []string{"3m"}, Weight: 1}, {Terms: []string{"300cm"}, Weight: weightConverted},
		}},
		{Surface: "zzz", Start: 9, End: 12, Variants: []Variant{{Terms: []string{"zzz"}, Weight: 1}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
