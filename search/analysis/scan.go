package analysis

import (
	"unicode"
	"unicode/utf8"
)

// kind is what an atom is made of.
type kind uint8

const (
	letters kind = iota
	digits
	// glyph is one character of a script written without blanks (Chinese,
	// Japanese, Korean, Thai).
	glyph
)

// What stands before an atom. Other values are connectors: hyphen, slash, dot,
// underscore, apostrophe, ampersand, and between digits also comma and colon.
const (
	glued    byte = 0 // nothing: a letter follows a digit, or the reverse
	blankGap byte = ' '
	breakGap byte = '|'
)

// atom is a maximal run of letters or of digits, or one glyph.
type atom struct {
	kind       kind
	gap        byte
	lo, hi     int32 // folded text in buf
	start, end int32 // original text
}

// scan cuts a text into atoms. It is reused for text after text.
type scan struct {
	src   string
	buf   []byte // folded text of all atoms, one after the other
	atoms []atom
	units map[string]unit
	folds []string // by letter, from foldTable

	folder folder
	gap    byte // since the last atom
	quoted bool // inside double quotation marks
	single bool // inside single quotation marks
	// apostrophes: there was one inside a word
	apostrophes bool
	tmp         []byte
	tmp2        []byte
}

func (s *scan) text(a atom) []byte { return s.buf[a.lo:a.hi] }

func (s *scan) run(text string) {
	s.src = text
	s.buf, s.atoms = s.buf[:0], s.atoms[:0]
	s.gap, s.quoted, s.single = breakGap, false, false
	s.apostrophes = false
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case c-'a' <= 'z'-'a':
			i = s.word(i)
		case c-'A' <= 'Z'-'A':
			i = s.word(i)
		case c-'0' <= 9:
			i = s.number(i)
		case c >= utf8.RuneSelf:
			i += s.foreign(i)
		case c == '\'':
			i = s.apostrophe(i, 1)
		case c == '"':
			i = s.quote(i, 1)
		case c == '(' && len(text)-i >= 3 && (text[i+1] == 's' || text[i+1] == 'S') && text[i+2] == ')':
			i += 3 // "pc(s)"
			s.gap = breakGap
		default:
			s.separator(c)
			i++
		}
	}
	if s.apostrophes {
		s.dropPossessives()
	}
}

// word takes ASCII letters from i on and returns where they end.
func (s *scan) word(i int) int {
	at := s.open(letters, i)
	for ; i < len(s.src); i++ {
		c := s.src[i] | 0x20
		if c-'a' > 'z'-'a' {
			break
		}
		s.buf = append(s.buf, c)
	}
	at.hi, at.end = int32(len(s.buf)), int32(i)
	return i
}

func (s *scan) number(i int) int {
	at := s.open(digits, i)
	for ; i < len(s.src) && s.src[i]-'0' <= 9; i++ {
		s.buf = append(s.buf, s.src[i])
	}
	at.hi, at.end = int32(len(s.buf)), int32(i)
	return i
}

// open returns the atom that takes text of kind k from offset i: the last one
// when it goes on, else a new one.
func (s *scan) open(k kind, i int) *atom {
	if n := len(s.atoms); n > 0 && k != glyph {
		last := &s.atoms[n-1]
		if s.gap == glued && last.kind == k {
			return last
		}
		if (s.gap == ',' || s.gap == ':') && (k != digits || last.kind != digits) {
			s.gap = breakGap
		}
		if s.gap != blankGap && s.gap != breakGap && last.kind == glyph {
			s.gap = breakGap
		}
	}
	if n := len(s.atoms); k == glyph && (n == 0 || s.gap != glued || s.atoms[n-1].kind != glyph) {
		s.gap = breakGap
	}
	at := int32(len(s.buf))
	s.atoms = append(s.atoms, atom{kind: k, gap: s.gap, lo: at, hi: at, start: int32(i), end: int32(i)})
	s.gap = glued
	return &s.atoms[len(s.atoms)-1]
}

// put adds one folded rune that stands at [start, end) of the text.
func (s *scan) put(k kind, r rune, start, end int) {
	at := s.open(k, start)
	s.buf = utf8.AppendRune(s.buf, r)
	at.hi, at.end = int32(len(s.buf)), int32(end)
}

// separator notes an ASCII character that is neither letter nor digit.
func (s *scan) separator(c byte) {
	switch c {
	case ' ', '\t', '\n', '\r', '\v', '\f':
		if s.gap == glued || s.gap == blankGap {
			s.gap = blankGap
			return
		}
	case '-', '/', '.', '_', '&', ',', ':':
		if s.gap == glued {
			s.gap = c
			return
		}
	case '\\':
		if s.gap == glued {
			s.gap = '/'
			return
		}
	}
	s.gap = breakGap
}

// rune takes one folded rune that comes from [start, end) of the text.
func (s *scan) rune(r rune, start, end int) {
	switch {
	case r < utf8.RuneSelf:
		c := byte(r)
		switch {
		case c-'0' <= 9:
			s.put(digits, r, start, end)
		case c|0x20-'a' <= 'z'-'a':
			s.put(letters, r, start, end)
		default:
			s.separator(c)
		}
	case unicode.Is(unicode.Cf, r):
		// invisible
	case unicode.Is(unicode.M, r):
		s.mark(r, end)
	case unicode.IsLetter(r) || unicode.IsNumber(r):
		if writtenWithoutBlanks(r) {
			s.put(glyph, r, start, end)
		} else {
			s.put(letters, r, start, end)
		}
	case unicode.IsSpace(r):
		s.separator(' ')
	default:
		s.gap = breakGap
	}
}

// mark adds a mark to the letter before it.
func (s *scan) mark(r rune, end int) {
	n := len(s.atoms)
	if n == 0 || s.gap != glued || s.atoms[n-1].kind == digits {
		return
	}
	at := &s.atoms[n-1]
	s.buf = utf8.AppendRune(s.buf, r)
	at.hi, at.end = int32(len(s.buf)), int32(end)
}

func writtenWithoutBlanks(r rune) bool {
	if r < 0xe00 {
		return false
	}
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Bopomofo,
		unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar) || r == 'ー' || r == '々'
}

// dropPossessives removes the atom of a final 's.
func (s *scan) dropPossessives() {
	kept := s.atoms[:0]
	for i, at := range s.atoms {
		if at.gap == '\'' && at.kind == letters && at.hi-at.lo == 1 && s.buf[at.lo] == 's' && len(kept) > 0 &&
			kept[len(kept)-1].kind == letters && (i+1 == len(s.atoms) || s.atoms[i+1].gap != glued) {
			kept[len(kept)-1].end = at.end
			continue
		}
		kept = append(kept, at)
	}
	s.atoms = kept
}
