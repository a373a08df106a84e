package analysis

// maxNumbers bounds the numbers of one size, as in 10 x 20 x 30.
const maxNumbers = 4

// measure is one or more numbers with perhaps a unit: 3 m, 10 x 20 cm, 16:9.
type measure struct {
	numbers [maxNumbers]number
	n       int
	sep     byte   // between numbers: 'x' or ':'
	unit    string // canonical, or empty
	// word is the atom that spells the unit when a blank or hyphen stands before
	// it, else -1.
	word int
	end  int // the first atom behind
}

// plain tells whether m is a bare number.
func (m *measure) plain() bool { return m.n == 1 && m.unit == "" }

// readMeasure reads a measure from atom i on, which is digits.
func (s *scan) readMeasure(i int) measure {
	m := measure{word: -1}
	for {
		before := m
		num := s.readNumber(i)
		m.numbers[m.n] = num
		m.n++
		m.end = num.hi
		if u, word, end := s.readUnit(m.end); end > 0 && num.form != version {
			m.unit, m.word, m.end = u, word, end
		}
		next := 0
		if m.n < maxNumbers && num.form != version {
			next = s.nextNumber(&m)
		}
		switch {
		case next > 0:
			i = next
		case before.n > 0 && m.end < len(s.atoms) && s.atoms[m.end].gap == glued:
			if before.n == 1 {
				before.sep = 0
			}
			return before // what follows is a code: 2 x 8A
		default:
			return m
		}
	}
}

// ends tells whether m is followed by a gap, so that it stands for itself. Behind
// a unit that is written apart a slash will do: 5 V/2 A.
func (s *scan) ends(m *measure) bool {
	if m.end == len(s.atoms) {
		return true
	}
	gap := s.atoms[m.end].gap
	return gap == blankGap || gap == breakGap ||
		gap == '/' && m.word >= 0 && m.end == m.word+1 && s.atoms[m.word].gap == blankGap
}

// nextNumber returns the atom of the next number of a size or ratio, or 0.
func (s *scan) nextNumber(m *measure) int {
	j := m.end
	if j >= len(s.atoms) {
		return 0
	}
	at := s.atoms[j]
	if at.kind == digits && at.gap == ':' && m.sep != 'x' && m.unit == "" {
		m.sep = ':'
		return j
	}
	times := at.kind == letters && at.hi-at.lo == 1 && s.buf[at.lo] == 'x' && (at.gap == glued || at.gap == blankGap)
	if !times || m.sep == ':' || j+1 >= len(s.atoms) {
		return 0
	}
	after := s.atoms[j+1]
	if after.kind != digits || after.gap != glued && after.gap != blankGap {
		return 0
	}
	m.sep = 'x'
	return j + 1
}

// readUnit reads a unit at atom j. end is 0 when there is none.
func (s *scan) readUnit(j int) (name string, word, end int) {
	if j >= len(s.atoms) || s.atoms[j].kind != letters {
		return "", -1, 0
	}
	at := s.atoms[j]
	if at.gap != glued && at.gap != blankGap && at.gap != '-' {
		return "", -1, 0
	}
	u, end, ok := s.matchUnit(j)
	if !ok || at.gap != glued && u.gluedOnly {
		return "", -1, 0
	}
	if end < len(s.atoms) {
		next := s.atoms[end]
		if next.gap == glued {
			return "", -1, 0 // 3m4 is a code
		}
		// "2 in 1" and "3 x 2" are no measures.
		if at.gap != glued && u.name == "in" && at.hi-at.lo == 2 && next.kind == digits {
			return "", -1, 0
		}
		if u.name == "x" && next.kind == digits && next.gap == blankGap {
			return "", -1, 0
		}
	}
	if at.gap == glued {
		return u.name, -1, end
	}
	return u.name, j, end
}

// matchUnit looks up the unit whose name begins at atom j: the longest of "mm",
// "mm2", "mb/s".
func (s *scan) matchUnit(j int) (u unit, end int, ok bool) {
	const longest = 16 // bytes of a unit's name, and a little more
	at := s.atoms[j]
	if at.hi-at.lo > longest {
		return unit{}, 0, false
	}
	name := append(s.tmp2[:0], s.text(at)...)
	u, ok = s.units[string(name)]
	end = j + 1
	for k := j + 1; k < len(s.atoms) && k <= j+3; k++ {
		next := s.atoms[k]
		switch {
		case next.gap == glued && next.kind == digits:
		case next.gap == '/' && next.kind == letters:
			name = append(name, '/')
		default:
			s.tmp2 = name
			return u, end, ok
		}
		if next.hi-next.lo > longest {
			break
		}
		name = append(name, s.text(next)...)
		if longer, found := s.units[string(name)]; found {
			u, end, ok = longer, k+1, true
		}
	}
	s.tmp2 = name
	return u, end, ok
}

// appendMeasure appends the canonical spelling of m, its unit included if with.
func (s *scan) appendMeasure(dst []byte, m *measure, with bool) []byte {
	for k, num := range m.numbers[:m.n] {
		if k > 0 {
			dst = append(dst, m.sep)
		}
		if m.plain() {
			dst = s.appendNumber(dst, num)
		} else {
			dst = s.appendValue(dst, num)
		}
	}
	if with {
		dst = append(dst, m.unit...)
	}
	return dst
}
