package analysis

import "testing"

// Fold makes values equal that differ only in case, accents, width and blanks.
func TestFold(t *testing.T) {
	t.Parallel()
	tests := []struct{ in, want string }{
		{"", ""}, {" ", ""}, {"samsung", "samsung"}, {" SAMSUNG ", "samsung"}, {"Sam\t sung\n", "sam sung"},
		{"a  b", "a b"}, {"Café", "cafe"}, {"Cafe\u0301", "cafe"}, {"ＡＢＣ", "abc"}, {"Straße", "strasse"},
		{"İI ı", "ii i"}, {"H&M (EU)", "h&m (eu)"}, {"Ёлка", "елка"}, {"йод", "йод"}, {"и\u0306од", "йод"},
		{"ガ", "ガ"}, {"ｶﾞ", "ガ"}, {"가방", "가방"}, {"\u1100\u1161방", "가방"}, {"हिन्दी", "हिन्दी"}, {"a\u00a0b", "a b"},
		{"a\u200bb\u00adc", "abc"}, {"\x00a\x7f", "a"}, {"ﬁ™", "fitm"}, {"\xff", ""}, {"é\xffé", "e e"}, {"Æsop ", "aesop"},
	}
	for _, tt := range tests {
		if got := Fold(tt.in); got != tt.want {
			t.Errorf("Fold(%q) = %q, want %q", tt.in, got, tt.want)
		}
		if got := Fold(tt.want); got != tt.want {
			t.Errorf("Fold(%q) = %q: folding twice changes it", tt.want, got)
		}
	}
}

// shift moves a decimal point without rounding.
func TestShift(t *testing.T) {
	t.Parallel()
	tests := []struct {
		value string
		exp   int
		want  string
	}{
		{"3", 2, "300"}, {"1.5", 2, "150"}, {"1.55", 1, "15.5"}, {"300", -2, "3"}, {"5", -3, "0.005"},
		{"0.5", 3, "500"}, {"0", 3, "0"}, {"2.5", -1, "0.25"}, {"1200", -3, "1.2"},
	}
	for _, tt := range tests {
		if got := shift(tt.value, tt.exp); got != tt.want {
			t.Errorf("shift(%q, %d) = %q, want %q", tt.value, tt.exp, got, tt.want)
		}
	}
}
