package analysis

import "strconv"

// number is a number read from the atoms [lo, hi).
type number struct {
	lo, hi int
	// form tells how the atoms between are to be read.
	form numberForm
}

type numberForm uint8

const (
	integer   numberForm = iota
	decimal              // 2.5 and 2,5
	thousands            // 1,200
	grouped              // 1,200.50 and 1.200,50
	version              // 14.2.1.0
	fraction             // 1/4 and 5 1/2, of inches
)

// readNumber reads the longest number from atom i on, which is digits.
func (s *scan) readNumber(i int) number {
	if num, ok := s.readFraction(i); ok {
		return num
	}
	dots := s.chain(i, '.')
	commas := s.chain(i, ',')
	switch {
	case dots > 2:
		return number{i, i + dots, version}
	case dots == 2:
		if s.groupsOfThree(i, i+2) && s.chain(i+1, ',') == 2 && s.digitsOf(i+2) <= 2 {
			return number{i, i + 3, grouped}
		}
		if s.readsAsDecimal(i, 4) {
			return number{i, i + 2, decimal}
		}
	case s.atoms[i].gap == ',': // of a list
	case commas == 2 && !s.groupsOfThree(i, i+2) && s.readsAsDecimal(i, 2):
		return number{i, i + 2, decimal}
	case commas >= 2 && s.groupsOfThree(i, i+commas):
		end := i + commas
		if s.chain(end-1, '.') == 2 {
			return number{i, end + 1, grouped}
		}
		return number{i, end, thousands}
	}
	return number{i, i + 1, integer}
}

// chain returns how many digit atoms from i on are linked by conn, at least 1.
func (s *scan) chain(i int, conn byte) int {
	j := i + 1
	for j < len(s.atoms) && s.atoms[j].kind == digits && s.atoms[j].gap == conn {
		j++
	}
	return j - i
}

func (s *scan) digitsOf(i int) int { return int(s.atoms[i].hi - s.atoms[i].lo) }

// readsAsDecimal tells whether atoms i and i+1 are the two sides of a decimal
// point: 3.5 but not 0707.60.
func (s *scan) readsAsDecimal(i, maxDecimals int) bool {
	whole, decimals := s.digitsOf(i), s.digitsOf(i+1)
	if whole > 6 || decimals > maxDecimals {
		return false
	}
	return whole == 1 || s.buf[s.atoms[i].lo] != '0'
}

// groupsOfThree tells whether atoms [i, j) read as thousands: 1,200,000.
func (s *scan) groupsOfThree(i, j int) bool {
	if s.digitsOf(i) > 3 || s.buf[s.atoms[i].lo] == '0' {
		return false
	}
	for k := i + 1; k < j; k++ {
		if s.digitsOf(k) != 3 {
			return false
		}
	}
	return true
}

// appendNumber appends the number in its canonical spelling.
func (s *scan) appendNumber(dst []byte, n number) []byte {
	if n.form == fraction {
		return s.appendFraction(dst, n)
	}
	for k := n.lo; k < n.hi; k++ {
		point := k > n.lo && (n.form == decimal || n.form == version || n.form == grouped && k == n.hi-1)
		if point {
			dst = append(dst, '.')
		}
		dst = append(dst, s.text(s.atoms[k])...)
	}
	return dst
}

// appendValue appends the number as a value: without zeros that say nothing.
func (s *scan) appendValue(dst []byte, n number) []byte {
	from := len(dst)
	dst = s.appendNumber(dst, n)
	if n.form == version || n.form == fraction {
		return dst
	}
	value := dst[from:]
	for len(value) > 1 && value[0] == '0' && value[1] != '.' {
		value = value[1:]
	}
	if n.form == decimal || n.form == grouped {
		for value[len(value)-1] == '0' {
			value = value[:len(value)-1]
		}
		if value[len(value)-1] == '.' {
			value = value[:len(value)-1]
		}
	}
	return dst[:from+copy(dst[from:], value)]
}

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

// identifierDigits is the length from which an all-digit term is taken for an
// article number, whose leading zeros come and go (UPC-12, EAN-13, GTIN-14).
const identifierDigits = 8

// stripZeros removes the leading zeros of a long all-digit term.
func stripZeros(b []byte) []byte {
	if len(b) < identifierDigits || b[0] != '0' {
		return b
	}
	for _, c := range b {
		if c-'0' > 9 {
			return b
		}
	}
	for len(b) > 1 && b[0] == '0' {
		b = b[1:]
	}
	return b
}

// mayBeThousands tells whether a decimal may also mean thousands: 10.000.
func (s *scan) mayBeThousands(n number) bool {
	return n.form == decimal && s.atoms[n.lo+1].gap == '.' && s.groupsOfThree(n.lo, n.hi)
}
