package analysis

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func newAnalyzer(t testing.TB) *Analyzer {
	t.Helper()
	a, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// dump writes tokens as "position:term", variants with a "~", one position a
// group.
func dump(tokens []Token) string {
	var groups []string
	last := -1
	for _, tok := range tokens {
		term := tok.Term
		if tok.Variant {
			term = "~" + term
		}
		if tok.Position == last {
			groups[len(groups)-1] += " " + term
		} else {
			groups = append(groups, term)
		}
		last = tok.Position
	}
	return strings.Join(groups, " | ")
}

// Tokens gives exactly these terms; a change here needs another
// analysisVersion.
func TestTokens(t *testing.T) {
	t.Parallel()
	tests := []struct{ text, want string }{
		{"", ""},
		{" ?! ", ""},
		{"Wireless Keyboards, black", "wireless | keyboard | black"},
		{"The driver's bags (2)", "the | driver | bag | 2"},
		{"Middle-High desk", "middl ~middlehigh | high | desk"},
		{"NOR.0707-60", "nor ~nor070760 | 0707 ~070760 | 60"},
		{"MT1022535AB", "mt1022535ab ~_mt ~1022535 ~_ab ~1022535ab"},
		{"P7450", "p7450 ~7450"},
		{"Core™2 Duo", "core | 2 ~core2 | duo"},
		{"USB3 B002AA iphone8plus", "usb3 ~usb ~_3 | b002aa ~_002 ~_aa ~002aa | iphone8plus ~iphon ~_8 ~plus ~8plus"},
		{"Wi Fi and T shirt", "wi | fi ~wifi | and | t | shirt ~tshirt"},
		{"2 in 1", "2 | in ~2in | 1 ~2in1"},
		{"set of 6", "set | of | 6"},
		{"GTX 1080 Ti", "gtx | 1080 ~gtx1080 | ti ~gtx1080ti ~1080ti"},
		{"cable 3 m", "cabl | 3m ~3 ~m"},
		{"16GB", "16gb ~16"},
		{"3.50 mm", "3.5mm ~3.5 ~3.50 ~mm"},
		{"USB 2.0", "usb | 2.0 ~2"},
		{"USB 2.0 A/B", "usb | 2a ~2 ~2.0 ~a | b"},
		{"14.2.1.0", "14.2.1.0 ~14210 ~14.2 ~14.2.1"},
		{"1440 x 900", "1440x900 ~1440 ~900"},
		{"10x20 cm", "10x20cm ~10x20 ~10 ~10cm ~20 ~20cm ~cm"},
		{"16:9", "16:9 ~16 ~9"},
		{`17" LCD`, "17in ~17 | lcd"},
		{`the "big 17" one`, "the | big | 17 ~big17 | one"},
		{"1/4in", "0.25in ~0.25 ~1 ~4"},
		{"2,5 and 1,200 and 10,20,30", "2.5 ~2 ~5 | and | 1200 | and | 10 ~102030 | 20 ~2030 | 30"},
		{"0884420588030", "884420588030"},
		{"交换机", "交换 ~交 | 换机 ~换 ~机"},
		{"茶 tea", "茶 | tea"},
		{"6 pc(s)", "6pc ~6 ~pc"},
		{"a/b/g/n/ac", "a | b | g | n | ac"},
	}
	a := newAnalyzer(t)
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			t.Parallel()
			if got := dump(a.Tokens(nil, tt.text)); got != tt.want {
				t.Errorf("Tokens(%q)\n got %s\nwant %s", tt.text, got, tt.want)
			}
		})
	}
}

// Identifiers takes a code as one compound, whatever stands in it.
func TestIdentifiers(t *testing.T) {
	t.Parallel()
	tests := []struct{ code, want string }{
		{"", ""},
		{"NOR 0707 60", "nor ~nor070760 | 0707 ~070760 | 60"},
		{"nor # 0707", "nor ~nor0707 | 0707"},
		{"00884420588030", "884420588030"},
		{"0 884420 588030", "0 ~884420588030 | 884420 ~884420588030 | 588030"},
		{"12.50", "12.50 ~12.5 ~1250"},
		{"703222", "703222"},
	}
	a := newAnalyzer(t)
	for _, tt := range tests {
		t.Run(tt.code, func(t *testing.T) {
			t.Parallel()
			if got := dump(a.Identifiers(nil, tt.code)); got != tt.want {
				t.Errorf("Identifiers(%q)\n got %s\nwant %s", tt.code, got, tt.want)
			}
		})
	}
}

// Offsets name the text that a term came from, so that it can be marked.
func TestOffsets(t *testing.T) {
	t.Parallel()
	tests := []struct{ text, term, want string }{
		{"The Crème brûlée", "creme", "Crème"},
		{"a Cafe\u0301!", "cafe", "Cafe\u0301"},
		{"🎧 USB-C 3.5 mm", "3.5mm", "3.5 mm"},
		{"🎧 USB-C 3.5 mm", "usbc", "USB-C"},
		{"🎧 USB-C 3.5 mm", "usb", "USB"},
		{"x 交换机 y", "换机", "换机"},
		{"die Straße", "strass", "Straße"},
		{"our driver’s gloves", "driver", "driver’s"},
		{`a 17" laptop`, "17in", `17"`},
		{"size 10 × 20 cm", "10x20cm", "10 × 20 cm"},
		{"ＡＢＣ１２３", "abc", "ＡＢＣ"},
	}
	a := newAnalyzer(t)
	for _, tt := range tests {
		t.Run(tt.term, func(t *testing.T) {
			t.Parallel()
			for _, tok := range a.Tokens(nil, tt.text) {
				if tok.Term != tt.term {
					continue
				}
				if got := tt.text[tok.Start:tok.End]; got != tt.want {
					t.Errorf("term %q of %q: got %q, want %q", tt.term, tt.text, got, tt.want)
				}
				return
			}
			t.Errorf("no term %q in %s", tt.term, dump(a.Tokens(nil, tt.text)))
		})
	}
}

// Tokens appends, and the bound of terms holds for any text.
func TestTokensAppendAndBound(t *testing.T) {
	t.Parallel()
	a := newAnalyzer(t)
	have := []Token{{Term: "kept"}}
	got := a.Tokens(have, "new "+strings.Repeat("é1", 5000)+" "+strings.Repeat("字", 100))
	if got[0].Term != "kept" || got[1].Term != "new" || got[1].Position != 0 {
		t.Errorf("got %v first, want kept, new at 0", got[:2])
	}
	for _, tok := range got {
		if len(tok.Term) > maxTerm {
			t.Errorf("term of %d bytes, want at most %d", len(tok.Term), maxTerm)
		}
	}
}

// An analyzer may be used by many goroutines.
func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	a := newAnalyzer(t)
	want := dump(a.Tokens(nil, "Crème 3 m AA-100MM keyboards 17"))
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 200 {
				a.Tokens(nil, fmt.Sprintf("other words%d x%dy", i, g))
				if got := dump(a.Tokens(nil, "Crème 3 m AA-100MM keyboards 17")); got != want {
					t.Errorf("got %s, want %s", got, want)
					return
				}
			}
		})
	}
	wg.Wait()
}

// Options choose stems and stop words, and show in the version.
func TestOptions(t *testing.T) {
	t.Parallel()
	if _, err := New(Options{Language: "klingon"}); err == nil {
		t.Error("New with an unknown language: got no error")
	}
	english, none := newAnalyzer(t), func() *Analyzer {
		a, err := New(Options{Language: "none"})
		if err != nil {
			t.Fatal(err)
		}
		return a
	}()
	if english.Version() == none.Version() {
		t.Errorf("versions of two languages are both %q", none.Version())
	}
	if diff := cmp.Diff("keyboards", dump(none.Tokens(nil, "Keyboards"))); diff != "" {
		t.Error(diff)
	}
	for _, c := range none.Query("the keyboard", nil) {
		if c.Optional {
			t.Errorf("%q is optional without a language", c.Surface)
		}
	}
}
