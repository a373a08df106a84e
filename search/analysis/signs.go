package analysis

import "unicode/utf8"

// afterNumber tells whether a digit stands right before.
func (s *scan) afterNumber() bool {
	n := len(s.atoms)
	return n > 0 && s.gap == glued && s.atoms[n-1].kind == digits
}

// unitSign adds a unit that was written as a sign of size bytes at i.
func (s *scan) unitSign(name string, i, size int) int {
	at := s.open(letters, i)
	s.buf = append(s.buf, name...)
	at.hi, at.end = int32(len(s.buf)), int32(i+size)
	next := byte(' ')
	if i+size < len(s.src) {
		next = s.src[i+size]
	}
	celsius := name == "deg" && (next|0x20 == 'c' || next|0x20 == 'f')
	if !celsius && !(name == "x" && next-'0' <= 9) {
		s.gap = blankGap // the sign ends the word
	}
	return i + size
}

// quote handles a double quotation mark at i: it opens, closes, or means inches.
func (s *scan) quote(i, size int) int {
	next := i + size
	if s.afterNumber() && !s.quoted {
		return s.unitSign("in", i, size)
	}
	wordFollows := next < len(s.src) && s.src[next] > ' '
	s.quoted = !s.quoted && s.gap != glued && wordFollows
	s.gap = breakGap
	return next
}

// apostrophe handles a single mark at i: inside a word, as feet, or as a quote.
func (s *scan) apostrophe(i, size int) int {
	next := i + size
	if s.afterNumber() && !s.single {
		if n := apostropheAt(s.src, next); n > 0 && !s.quoted { // two of them: inches
			return s.unitSign("in", i, size+n)
		}
		if next == len(s.src) || s.src[next] == ' ' || s.src[next] == ',' || s.src[next] == ')' {
			return s.unitSign("ft", i, size)
		}
	}
	wordFollows := next < len(s.src) && s.src[next] > ' '
	switch {
	case s.gap != glued:
		s.single = wordFollows
		s.gap = breakGap
	case !wordFollows:
		s.single = false
		s.gap = breakGap
	default:
		s.gap = '\''
		s.apostrophes = true
	}
	return next
}

// apostropheAt returns the size of the apostrophe at i, or 0.
func apostropheAt(text string, i int) int {
	if i >= len(text) {
		return 0
	}
	r, size := utf8.DecodeRuneInString(text[i:])
	if isApostrophe(r) {
		return size
	}
	return 0
}

func isApostrophe(r rune) bool {
	switch r {
	case '\'', '’', '‘', '‛', 'ʼ', 'ʻ', '＇', '′', '´', 'ˈ':
		return true
	}
	return false
}

// foreign takes what stands at i, which is not ASCII, and returns its length.
func (s *scan) foreign(i int) int {
	r, size := utf8.DecodeRuneInString(s.src[i:])
	if isApostrophe(r) {
		return s.apostrophe(i, size) - i
	}
	switch r {
	case '”', '„', '“', '″', '＂', '‟':
		return s.quote(i, size) - i
	case '‐', '‑', '‒', '–', '−', '－', '﹣':
		s.separator('-')
		return size
	case '⁄', '∕', '／':
		s.separator('/')
		return size
	case '×', '✕', '✖':
		if n := len(s.atoms); n > 0 && (s.gap == glued || s.gap == blankGap) && s.atoms[n-1].kind != glyph {
			s.unitSign("x", i, size)
			return size
		}
	case '°', 'º', '˚':
		if n := len(s.atoms); n > 0 && (s.gap == glued || s.gap == blankGap) && s.atoms[n-1].kind == digits {
			s.unitSign("deg", i, size)
			return size
		}
	case '™', '℠', '®', '©', '\u200b':
		s.separator(' ')
		return size
	case '½', '¼', '¾':
		s.fraction(r, i, size)
		return size
	}
	if int(r) < len(s.folds) && s.folds[r] != "" {
		for _, folded := range s.folds[r] {
			s.rune(folded, i, i+size)
		}
		return size
	}
	if r >= '一' && r <= '鿿' { // nothing to fold
		s.put(glyph, r, i, i+size)
		return size
	}
	n := s.folder.segment(s.src[i:])
	for _, r := range s.folder.runes {
		s.rune(r, i, i+n)
	}
	if k := len(s.atoms); len(s.folder.runes) == 0 && k > 0 && s.gap == glued {
		s.atoms[k-1].end = int32(i + n) // marks only
	}
	return n
}

// fraction writes a vulgar fraction as decimals: 5½ is 5.5.
func (s *scan) fraction(r rune, i, size int) {
	if !s.afterNumber() {
		s.put(digits, '0', i, i+size)
	}
	s.gap = '.'
	at := s.open(digits, i)
	switch r {
	case '½':
		s.buf = append(s.buf, '5')
	case '¼':
		s.buf = append(s.buf, "25"...)
	default:
		s.buf = append(s.buf, "75"...)
	}
	at.hi, at.end = int32(len(s.buf)), int32(i+size)
}
