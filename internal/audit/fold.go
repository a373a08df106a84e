package audit

import (
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// letters are those that hold an accent which no decomposition knows of, and
// Arabic ones that are written either way.
var letters = strings.NewReplacer("æ", "ae", "œ", "oe", "þ", "th", "ø", "o", "đ", "d", "ð", "d",
	"ł", "l", "ħ", "h", "ŧ", "t", "ŋ", "n", "ı", "i", "ґ", "г", "ة", "ه", "ى", "ي", "ـ", "")

// Fold makes values equal that differ only in case, accents, compatibility form
// and blanks.
func Fold(s string) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(strings.ToValidUTF8(s, " ")) {
		switch {
		case r >= 0x300 && r <= 0x36f, r >= 0x64b && r <= 0x65f: // accents and Arabic vowel signs
		case r >= 0xfe00 && r <= 0xfe0f: // choose between pictures of one sign
		case unicode.IsSpace(r):
			b.WriteByte(' ')
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r):
		default:
			b.WriteRune(r)
		}
	}
	folded := letters.Replace(cases.Fold().String(norm.NFKC.String(b.String())))
	return strings.Join(strings.Fields(folded), " ")
}
