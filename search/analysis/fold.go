package analysis

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Fold makes values that differ only in case, accents, width, compatibility
// form and blanks equal: for keyword values and sort keys. Punctuation stays.
func Fold(s string) string {
	if folded, ok := foldASCII(s); ok {
		return folded
	}
	var b strings.Builder
	b.Grow(len(s))
	var f folder
	blank := false
	put := func(r rune) {
		if unicode.IsSpace(r) {
			blank = b.Len() > 0
			return
		}
		if unicode.Is(unicode.Cf, r) || unicode.IsControl(r) {
			return
		}
		if blank {
			b.WriteByte(' ')
			blank = false
		}
		b.WriteRune(r)
	}
	for i := 0; i < len(s); {
		if c := s[i]; c < utf8.RuneSelf && (i+1 == len(s) || s[i+1] < utf8.RuneSelf) {
			put(rune(lowerASCII(c)))
			i++
			continue
		}
		n := f.segment(s[i:])
		for _, r := range f.runes {
			put(r)
		}
		i += n
	}
	return b.String()
}

// foldASCII is Fold for plain ASCII; ok is false for anything else.
func foldASCII(s string) (folded string, ok bool) {
	clean := true // already folded
	prev := byte(' ')
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= utf8.RuneSelf {
			return "", false
		}
		if c-'A' <= 'Z'-'A' || c < ' ' || c == 0x7f || c == ' ' && prev == ' ' {
			clean = false
		}
		prev = c
	}
	if clean && prev != ' ' || s == "" {
		return s, true
	}
	b := make([]byte, 0, len(s))
	blank := false
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == ' ' || c-'\t' <= '\r'-'\t':
			blank = len(b) > 0
			continue
		case c < ' ' || c == 0x7f:
			continue
		case blank:
			b = append(b, ' ')
			blank = false
		}
		b = append(b, lowerASCII(c))
	}
	return string(b), true
}

func lowerASCII(c byte) byte {
	if c-'A' <= 'Z'-'A' {
		return c + ('a' - 'A')
	}
	return c
}

// folder folds one normalisation segment (a base with its marks) at a time.
type folder struct {
	runes   []rune // folded runes of the last segment
	scratch []byte
}

// segment folds the first segment of s, which is not empty, into f.runes and
// returns its length in bytes, at least 1.
func (f *folder) segment(s string) int {
	f.runes = f.runes[:0]
	first, size := utf8.DecodeRuneInString(s)
	if first == utf8.RuneError && size <= 1 {
		f.runes = append(f.runes, ' ')
		return 1
	}
	n := norm.NFKC.NextBoundaryInString(s, true)
	if n < size {
		n = size
	}
	f.scratch = norm.NFKD.AppendString(f.scratch[:0], s[:n])
	if !marksAreAccents(f.scratch) {
		f.scratch = norm.NFKC.AppendString(f.scratch[:0], s[:n])
	}
	f.fold(f.scratch)
	return n
}

// foldTable returns what the letters of Latin, Greek and Cyrillic fold to, for
// speed. Empty strings are not known.
func foldTable() []string {
	const end = 0x530
	table := make([]string, end)
	var f folder
	for r := rune(utf8.RuneSelf); r < end; r++ {
		// The short i begins with an и that a mark may follow.
		if !unicode.IsLetter(r) || r == 'и' || r == 'И' || isApostrophe(r) {
			continue
		}
		f.segment(string(r))
		table[r] = string(f.runes)
	}
	return table
}

// marksAreAccents tells whether the marks on the segment's base can be dropped
// without making another word. Elsewhere (Devanagari, Thai, kana) they are
// vowels or parts of the letter.
func marksAreAccents(segment []byte) bool {
	r, _ := utf8.DecodeRune(segment)
	return accented(r)
}

// accented tells whether r is of a script that is read without its marks.
func accented(r rune) bool {
	return r < 0x700 || unicode.In(r, unicode.Latin, unicode.Greek, unicode.Cyrillic,
		unicode.Arabic, unicode.Hebrew, unicode.Common, unicode.Inherited)
}

func (f *folder) fold(segment []byte) {
	base := rune(0)
	for len(segment) > 0 {
		r, size := utf8.DecodeRune(segment)
		segment = segment[size:]
		if unicode.Is(unicode.M, r) {
			switch {
			case base == 'и' && r == 0x306 && len(f.runes) > 0:
				f.runes[len(f.runes)-1] = 'й' // a letter of its own
			case !accented(r) || base != 0 && !accented(base):
				f.runes = append(f.runes, r)
			}
			continue
		}
		base = unicode.ToLower(r)
		f.runes = appendFolded(f.runes, base)
	}
}

// appendFolded appends what a lower-case letter without marks folds to.
func appendFolded(dst []rune, r rune) []rune {
	if r < utf8.RuneSelf {
		return append(dst, r)
	}
	switch r {
	case 'ß':
		return append(dst, 's', 's')
	case 'æ':
		return append(dst, 'a', 'e')
	case 'œ':
		return append(dst, 'o', 'e')
	case 'þ':
		return append(dst, 't', 'h')
	case 'ø':
		return append(dst, 'o')
	case 'đ', 'ð':
		return append(dst, 'd')
	case 'ł':
		return append(dst, 'l')
	case 'ħ':
		return append(dst, 'h')
	case 'ŧ':
		return append(dst, 't')
	case 'ŋ':
		return append(dst, 'n')
	case 'ı':
		return append(dst, 'i')
	case 'ς':
		return append(dst, 'σ')
	case 'ґ':
		return append(dst, 'г')
	case 'ة':
		return append(dst, 'ه')
	case 'ى':
		return append(dst, 'ي')
	case 'ـ': // tatweel, a mere stretch
		return dst
	}
	if d, ok := digitValue(r); ok {
		return append(dst, '0'+d)
	}
	return append(dst, r)
}

// digitValue returns the value of a decimal digit of another script.
func digitValue(r rune) (rune, bool) {
	for _, zero := range [...]rune{'٠', '۰', '०', '০', '੦', '૦', '௦', '౦', '೦', '൦', '๐', '໐'} {
		if r >= zero && r <= zero+9 {
			return r - zero, true
		}
	}
	return 0, false
}
