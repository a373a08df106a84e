package analysis

import "strconv"

// readFraction reads 1/4 or 5 1/2 at atom i, if inches follow: elsewhere a slash
// between numbers means other things.
func (s *scan) readFraction(i int) (number, bool) {
	if s.isFraction(i) {
		return number{i, i + 2, fraction}, true
	}
	if i+1 < len(s.atoms) && (s.atoms[i+1].gap == blankGap || s.atoms[i+1].gap == '-') &&
		s.digitsOf(i) <= 3 && s.isFraction(i+1) {
		return number{i, i + 3, fraction}, true
	}
	return number{}, false
}

// isFraction tells whether atoms i and i+1 are a proper fraction of inches.
func (s *scan) isFraction(i int) bool {
	if i+2 >= len(s.atoms) || s.atoms[i].kind != digits || s.atoms[i+1].kind != digits ||
		s.atoms[i+1].gap != '/' || s.digitsOf(i) > 2 || s.digitsOf(i+1) > 2 {
		return false
	}
	if u, _, end := s.readUnit(i + 2); end == 0 || u != "in" {
		return false
	}
	over, under := s.small(i), s.small(i+1)
	switch under {
	case 2, 4, 8, 16, 32, 64:
		return over > 0 && over < under
	}
	return false
}

// small returns the value of a digit atom of at most three digits.
func (s *scan) small(i int) int {
	v := 0
	for _, c := range s.text(s.atoms[i]) {
		v = v*10 + int(c-'0')
	}
	return v
}

// appendFraction appends the fraction n as a decimal number.
func (s *scan) appendFraction(dst []byte, n number) []byte {
	whole := 0
	if n.hi-n.lo == 3 {
		whole = s.small(n.lo)
	}
	const unit = 1000000 // 64ths have six decimals
	over, under := s.small(n.hi-2), s.small(n.hi-1)
	dst = strconv.AppendInt(dst, int64(whole), 10)
	dst = append(dst, '.')
	from := len(dst)
	dst = strconv.AppendInt(dst, int64(unit+unit*over/under), 10)
	dst = append(dst[:from], dst[from+1:]...) // the leading 1 kept the zeros
	for dst[len(dst)-1] == '0' {
		dst = dst[:len(dst)-1]
	}
	return dst
}
