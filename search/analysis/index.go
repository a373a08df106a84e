package analysis

// Tokens analyses a text for the index and appends its tokens to dst. Positions
// begin at 0.
func (a *Analyzer) Tokens(dst []Token, text string) []Token {
	s := a.scan(text)
	e := emitter{Analyzer: a, scan: s, dst: dst}
	e.all()
	a.release(s)
	return e.dst
}

// Identifiers analyses a code (SKU, EAN, maker's number) for the index: as
// Tokens, but the whole code is one compound whatever stands between its parts.
func (a *Analyzer) Identifiers(dst []Token, code string) []Token {
	s := a.scan(code)
	for i := range s.atoms {
		if at := &s.atoms[i]; i > 0 && (at.gap == blankGap || at.gap == breakGap) {
			at.gap = '_'
		}
	}
	e := emitter{Analyzer: a, scan: s, dst: dst, code: true}
	e.all()
	a.release(s)
	return e.dst
}

// emitter turns the atoms of one text into tokens.
type emitter struct {
	*Analyzer
	*scan
	dst  []Token
	pos  int
	code bool

	chain chain
}

func (e *emitter) all() {
	for i := 0; i < len(e.atoms); {
		at := &e.atoms[i]
		switch at.kind {
		case glyph:
			i = e.glyphs(i)
			e.chain.reset()
		case letters:
			if i+1 == len(e.atoms) || e.atoms[i+1].gap == blankGap || e.atoms[i+1].gap == breakGap {
				e.word(i)
				i++
				continue
			}
			i = e.compound(i)
		default:
			i = e.numeric(i)
		}
	}
}

func (e *emitter) add(term string, start, end int32, variant bool) {
	e.dst = append(e.dst, Token{Term: term, Start: int(start), End: int(end), Position: e.pos, Variant: variant})
}

// bytes adds what is in tmp as a term of atoms [lo, hi).
func (e *emitter) bytes(lo, hi int, variant bool) {
	e.add(e.terms.term(e.tmp), e.atoms[lo].start, e.atoms[hi-1].end, variant)
}

// word adds a single word.
func (e *emitter) word(i int) {
	at := &e.atoms[i]
	e.add(e.terms.term(e.text(*at)), at.start, at.end, false)
	e.link(i, i+1)
	e.pos++
}

func (s *scan) appendAtoms(dst []byte, lo, hi int) []byte {
	for _, at := range s.atoms[lo:hi] {
		dst = append(dst, s.text(at)...)
	}
	return dst
}

// numeric adds what begins with a digit.
func (e *emitter) numeric(i int) int {
	m := e.readMeasure(i)
	if !e.ends(&m) {
		return e.compound(i)
	}
	e.measure(&m)
	if m.plain() && e.code {
		e.undotted(&m)
	}
	if m.plain() && m.numbers[0].form == integer {
		e.link(i, i+1)
	} else {
		e.chain.reset()
	}
	e.pos++
	return m.end
}

// measure adds the measure m at the current position.
func (e *emitter) measure(m *measure) {
	lo := m.numbers[0].lo
	e.tmp = e.appendMeasure(e.tmp[:0], m, true)
	e.bytes(lo, m.end, false)
	if m.plain() {
		e.plainVariants(m)
		return
	}
	if m.unit != "" && m.sep != 0 {
		e.tmp = e.appendMeasure(e.tmp[:0], m, false)
		e.bytes(lo, m.end, true)
	}
	for _, num := range m.numbers[:m.n] {
		e.tmp = e.appendValue(e.tmp[:0], num)
		e.bytes(num.lo, num.hi, true)
		e.asWritten(num)
		if m.unit != "" && m.sep != 0 {
			e.tmp = append(e.tmp, m.unit...)
			e.bytes(num.lo, num.hi, true)
		}
		if e.mayBeThousands(num) {
			e.tmp = append(e.appendAtoms(e.tmp[:0], num.lo, num.hi), m.unit...)
			e.bytes(num.lo, num.hi, true)
		}
		if num.form == fraction {
			e.digits(num.lo, num.hi)
		}
	}
	if m.word >= 0 {
		at := e.atoms[m.word]
		e.add(e.terms.term(e.text(at)), at.start, at.end, true)
	}
}

// asWritten adds the number with the zeros that its value, which is in tmp, does
// without: 2.0 for 2.
func (e *emitter) asWritten(num number) {
	value := len(e.tmp)
	if e.tmp = e.appendNumber(e.tmp, num); len(e.tmp) > 2*value {
		e.add(e.terms.term(e.tmp[value:]), e.atoms[num.lo].start, e.atoms[num.hi-1].end, true)
	}
	e.tmp = e.tmp[:value]
}

// plainVariants adds the other readings of a bare number.
func (e *emitter) plainVariants(m *measure) {
	num := m.numbers[0]
	switch num.form {
	case decimal:
		primary := len(e.tmp)
		e.tmp = e.appendValue(e.tmp[:0], num)
		if len(e.tmp) != primary {
			e.bytes(num.lo, num.hi, true)
		}
		if e.atoms[num.lo+1].gap == ',' { // or two numbers of a list
			e.digits(num.lo, num.hi)
		}
		if e.mayBeThousands(num) && !e.code {
			e.undotted(m)
		}
	case version:
		e.undotted(m)
		for hi := num.lo + 2; hi < num.hi && hi <= num.lo+maxNumbers; hi++ {
			e.tmp = e.appendNumber(e.tmp[:0], number{num.lo, hi, version})
			e.bytes(num.lo, hi, true)
		}
	}
}

// digits adds each of the digit atoms [lo, hi).
func (e *emitter) digits(lo, hi int) {
	for k := lo; k < hi; k++ {
		e.tmp = append(e.tmp[:0], e.text(e.atoms[k])...)
		e.bytes(k, k+1, true)
	}
}

// undotted adds a number's digits without its points.
func (e *emitter) undotted(m *measure) {
	if num := m.numbers[0]; num.hi > num.lo+1 {
		e.tmp = e.appendAtoms(e.tmp[:0], num.lo, num.hi)
		e.bytes(num.lo, num.hi, true)
	}
}

// glyphs adds a run of glyphs: overlapping pairs, and each glyph as a variant.
func (e *emitter) glyphs(i int) int {
	end := e.glyphsEnd(i)
	for k := i; k < end; k++ {
		at := &e.atoms[k]
		if k+1 < end {
			e.add(e.terms.raw(e.buf[at.lo:e.atoms[k+1].hi]), at.start, e.atoms[k+1].end, false)
		} else if k > i {
			e.pos-- // the last glyph belongs to the last pair
		}
		e.add(e.terms.raw(e.text(*at)), at.start, at.end, end > i+1)
		e.pos++
	}
	return end
}

func (s *scan) glyphsEnd(i int) int {
	end := i + 1
	for end < len(s.atoms) && s.atoms[end].kind == glyph && s.atoms[end].gap == glued {
		end++
	}
	return end
}
