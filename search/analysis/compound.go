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

// compound adds the compound at atom i and returns the atom behind it: each of
// its runs as a token of its own, and as variants the pieces of its runs and
// all joins that end where the compound ends. A join that ends earlier is found
// as a prefix of one of these.
func (e *emitter) compound(i int) int {
	c := e.readCompound(i)
	end := c.hi
	if c.shortNumber(e.scan) {
		e.link(i, c.hi)
	} else {
		e.chain.reset()
	}
	for k := 0; k < c.n; {
		next := c.runEnd(k)
		if lo := c.pieces[k].lo; e.atoms[lo].kind == digits {
			m := e.readMeasure(lo)
			if r, ok := c.runAt(m.end); ok && !m.plain() && (m.end <= c.hi || m.n == 1 && e.ends(&m)) {
				e.measure(&m)
				e.joins(&c, k, k+1)
				e.pos++
				end = max(end, m.end)
				k = r
				continue
			}
		}
		e.run(&c, k, next)
		e.joins(&c, k, next)
		e.pos++
		k = next
	}
	return end
}

// shortNumber tells whether the compound is a number with a letter or so, which
// belongs to the word before it: "Cat 5e".
func (c *compound) shortNumber(s *scan) bool {
	const longest = 4
	first, last := s.atoms[c.lo], s.atoms[c.hi-1]
	return c.runs == 1 && first.kind == digits && last.kind == letters && last.hi-first.lo <= longest
}

// runAt returns the piece that begins a run at the given atom; an atom at or
// behind the end of the compound is the end of the pieces.
func (c *compound) runAt(at int) (k int, ok bool) {
	if at >= c.hi {
		return c.n, true
	}
	for k, p := range c.pieces[:c.n] {
		if p.lo == at {
			return k, p.first
		}
	}
	return 0, false
}

// run adds the run of pieces [k, next), and its pieces as variants.
func (e *emitter) run(c *compound, k, next int) {
	pieces := c.pieces[k:next]
	lo, hi := pieces[0].lo, pieces[len(pieces)-1].hi
	e.tmp = e.appendPieces(e.tmp[:0], pieces, true)
	e.bytes(lo, hi, false)
	for i, p := range pieces {
		if p.hi > p.lo+1 {
			e.digits(p.lo, p.hi)
		}
		if len(pieces) > 1 {
			e.part(p, i == 0)
		}
	}
}

// partMark begins the terms of parts that are no words: no other term has it.
const partMark = '_'

// part adds a piece of a mixed run. What may be a word or a model number of its
// own is a plain term: USB of USB3, 7450 of P7450. Other pieces get the mark, so
// that "aa battery" does not find B002AA.
func (e *emitter) part(p piece, first bool) {
	at := e.atoms[p.lo]
	size := int(at.hi - at.lo)
	plain := size >= plainPart || first && at.kind == letters && size == plainPart-1
	e.tmp = e.tmp[:0]
	if !plain {
		if at.kind == letters && size < 2 {
			return // a letter out of a code says nothing
		}
		e.tmp = append(e.tmp, partMark)
	}
	e.tmp = e.appendPieces(e.tmp, []piece{p}, true)
	e.bytes(p.lo, p.hi, true)
}

// plainPart is the length from which a piece of a mixed run is a plain term.
const plainPart = 4

// joins adds what begins at each of the pieces [k, next) and goes on to the end
// of the compound.
func (e *emitter) joins(c *compound, k, next int) {
	if !c.joinable() {
		return
	}
	for ; k < next && k < c.n-1; k++ {
		rest := c.pieces[k:c.n]
		lo, hi := rest[0].lo, rest[len(rest)-1].hi
		e.tmp = e.appendPieces(e.tmp[:0], rest, false)
		whole := c.runEnd(k) == c.n && rest[0].first // the run itself
		if !whole || c.dotted {
			e.bytes(lo, hi, true)
		}
		if c.dotted && k == 0 && !whole {
			e.tmp = e.appendPieces(e.tmp[:0], rest, true)
			e.bytes(lo, hi, true)
		}
	}
}
