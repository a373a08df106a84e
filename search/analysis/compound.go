package analysis

// maxPieces bounds the pieces of a compound that are joined.
const maxPieces = 12

// piece is a letter atom or a number of a compound: atoms [lo, hi).
type piece struct {
	lo, hi int
	number numberForm // of digits
	first  bool       // it begins a run: a connector stands before it
}

// compound is a maximal sequence of atoms [lo, hi) with no blank between them,
// such as KT-INS114-DRE: runs KT, INS114 and DRE; pieces KT, INS, 114, DRE.
type compound struct {
	lo, hi int
	pieces [maxPieces]piece
	n      int
	// long: there are more pieces than fit; the compound is cut at hi.
	long bool
	// coded: there are digits in it.
	coded bool
	// dotted: a number in it holds a decimal point.
	dotted bool
	// slashed: a slash stands between runs.
	slashed bool
	runs    int
}

// readCompound reads the compound at atom i, which is no glyph.
func (s *scan) readCompound(i int) compound {
	c := compound{lo: i}
	k := i
	for k < len(s.atoms) {
		at := s.atoms[k]
		if k > i && (at.gap == blankGap || at.gap == breakGap || at.kind == glyph) {
			break
		}
		if c.n == maxPieces {
			k = c.cut()
			break
		}
		p := piece{lo: k, hi: k + 1, first: k == i || at.gap != glued}
		if at.kind == digits {
			num := s.readNumber(k)
			p.hi, p.number = num.hi, num.form
			c.coded = true
			c.dotted = c.dotted || p.number != integer && p.number != thousands
		}
		c.slashed = c.slashed || k > i && at.gap == '/'
		if p.first {
			c.runs++
		}
		c.pieces[c.n] = p
		c.n++
		k = p.hi
	}
	c.hi = k
	return c
}

// cut shortens a compound of too many pieces, to whole runs if there are several,
// and returns the atom behind it.
func (c *compound) cut() int {
	c.long = true
	for k := c.n - 1; k > 0; k-- {
		if c.pieces[k].first {
			c.n = k
			break
		}
	}
	return c.pieces[c.n-1].hi
}

// runEnd returns the piece behind the run that begins at piece k.
func (c *compound) runEnd(k int) int {
	k++
	for k < c.n && !c.pieces[k].first {
		k++
	}
	return k
}

// single tells whether the compound is one word.
func (c *compound) single() bool { return c.n == 1 && !c.long && !c.coded }

// appendPieces appends the pieces joined. Decimal points stay if dots.
func (s *scan) appendPieces(dst []byte, pieces []piece, dots bool) []byte {
	for _, p := range pieces {
		if dots && s.atoms[p.lo].kind == digits {
			dst = s.appendNumber(dst, number{p.lo, p.hi, p.number})
			continue
		}
		dst = append(dst, s.buf[s.atoms[p.lo].lo:s.atoms[p.hi-1].hi]...)
	}
	return dst
}

// joinable tells whether the pieces joined make a term that somebody may type.
func (c *compound) joinable() bool {
	if c.long {
		return false
	}
	if c.coded {
		return true
	}
	return c.n <= 4
}
