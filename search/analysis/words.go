package analysis

import "unicode"

// compound adds what was typed without blanks and returns the atom behind it.
func (p *parser) compound(c *compound) int {
	switch {
	case c.single():
		p.word(c.lo)
	case c.coded && !c.long && (c.runs <= 4 || p.has(p.joined(c, false))):
		p.code(c)
	case !c.coded && !c.long && c.runs <= 3 && !c.slashed:
		p.hyphenated(c)
	default:
		p.runsApart(c)
	}
	return c.hi
}

func (p *parser) joined(c *compound, dots bool) string {
	p.tmp = p.appendPieces(p.tmp[:0], c.pieces[:c.n], dots)
	return p.terms.term(p.tmp)
}

// word adds a word of letters.
func (p *parser) word(i int) {
	w := p.text(p.atoms[i])
	term := p.terms.term(w)
	c := p.concept(i, i+1, one(term, 1))
	p.split(c, string(w), p.has(term))
}

// hyphenated adds one concept for words joined by hyphens and the like.
func (p *parser) hyphenated(c *compound) {
	concept := p.concept(c.lo, c.hi, one(p.joined(c, false), 1))
	concept.add(Variant{Terms: p.runTerms(c), Weight: weightParts})
}

// runTerms returns the terms of the runs, as the index holds them: a measure in its
// canonical spelling.
func (p *parser) runTerms(c *compound) []string {
	var terms []string
	for k := 0; k < c.n; {
		term, next := p.runTerm(c, k)
		terms = append(terms, term)
		k = next
	}
	return terms
}

// runTerm returns the term of the run at piece k, or of the measure there, and the
// piece behind it.
func (p *parser) runTerm(c *compound, k int) (term string, next int) {
	if lo := c.pieces[k].lo; p.atoms[lo].kind == digits {
		m := p.readMeasure(lo)
		if r, ok := c.runAt(m.end); ok && !m.plain() && m.end <= c.hi {
			p.tmp = p.appendMeasure(p.tmp[:0], &m, true)
			return p.terms.term(p.tmp), r
		}
	}
	next = c.runEnd(k)
	p.tmp = p.appendPieces(p.tmp[:0], c.pieces[k:next], true)
	return p.terms.term(p.tmp), next
}

// code adds one concept for what holds digits and no blanks.
func (p *parser) code(c *compound) {
	plain, dotted := p.joined(c, false), p.joined(c, true)
	concept := p.concept(c.lo, c.hi, one(dotted, 1))
	concept.add(one(plain, 1))
	if c.runs > 1 {
		concept.add(Variant{Terms: p.runTerms(c), Weight: weightParts})
	}
	known := p.has(plain) || p.has(dotted)
	if !known || len(plain) >= 6 {
		if terms := p.guess(c); len(terms) > c.runs {
			concept.add(Variant{Terms: terms, Weight: weightGuess})
		}
	}
	if len(plain) >= 3 && (!known || len(plain) > 4) {
		p.prefix(concept, p.spans[len(p.spans)-1].joined)
	}
}

// guess returns the parts that a code may be written in. Single letters stay with
// their neighbour: cat5e is cat and 5e.
func (p *parser) guess(c *compound) []string {
	var terms []string
	for k := 0; k < c.n; {
		next := k + 1
		for next < c.n && !c.pieces[next].first && (p.isLetter(c, next) || p.isLetter(c, next-1) && next-1 == k) {
			next++
		}
		p.tmp = p.appendPieces(p.tmp[:0], c.pieces[k:next], true)
		terms = append(terms, p.terms.term(p.tmp))
		k = next
	}
	return terms
}

// isLetter tells whether piece k is a single letter.
func (p *parser) isLetter(c *compound, k int) bool {
	at := p.atoms[c.pieces[k].lo]
	return at.kind == letters && at.hi-at.lo == 1
}

// runsApart adds each run of a compound as a concept of its own.
func (p *parser) runsApart(c *compound) {
	for k := 0; k < c.n && len(p.out) < maxConcepts; {
		term, next := p.runTerm(c, k)
		lo, hi := c.pieces[k].lo, c.pieces[next-1].hi
		switch {
		case next == c.runEnd(k) && next-k > 1:
			run := compound{lo: lo, hi: hi, n: next - k, coded: true, dotted: c.dotted, runs: 1}
			copy(run.pieces[:], c.pieces[k:next])
			p.code(&run)
		case p.atoms[lo].kind == letters:
			p.word(lo)
		default:
			p.concept(lo, hi, one(term, 1))
		}
		k = next
	}
}

// split adds the cuts of a word into two words of the index: the best one of a
// known word, which may still be written apart elsewhere, and two of another.
func (p *parser) split(c *Concept, word string, known bool) {
	if p.lex == nil || len(word) > maxTerm || len(word) < 4 {
		return
	}
	shortest, most, weight := 2, 2, weightJoined
	if len(word) > 5 || known {
		shortest = 3
	}
	if known {
		most, weight = 1, weightSplit
	}
	// From the middle outwards: even halves are words rather than syllables.
	for d := 0; d <= len(word)/2 && most > 0; d++ {
		for _, k := range [...]int{len(word)/2 - d, len(word)/2 + d} {
			if k < shortest || len(word)-k < shortest || word[k]&0xc0 == 0x80 || most == 0 {
				continue
			}
			left, right := p.terms.term([]byte(word[:k])), p.terms.term([]byte(word[k:]))
			if p.isStop(word[:k]) || p.isStop(word[k:]) {
				continue
			}
			if p.has(left) && p.has(right) {
				n := len(c.Variants)
				c.add(Variant{Terms: []string{left, right}, Weight: weight})
				most -= len(c.Variants) - n
			}
		}
	}
}

// maxJoinedConcepts bounds the neighbours that are tried as one word.
const maxJoinedConcepts = 6

// joinNeighbours adds to neighbouring concepts their joined spelling, if the
// index knows it: "head phones", "MT 1023", and of codes also "MT - 1023".
func (p *parser) joinNeighbours() {
	for i := range p.spans {
		joined := []byte(p.spans[i].joined)
		if len(joined) == 0 {
			continue
		}
		apart := false
		for j := i + 1; j < len(p.spans) && j < i+maxJoinedConcepts; j++ {
			at := p.spans[j]
			if at.joined == "" || at.lo != p.spans[j-1].hi {
				break
			}
			apart = apart || p.atoms[at.lo].gap == breakGap
			joined = append(joined, at.joined...)
			if len(joined) > maxTerm {
				break
			}
			code := coded(joined)
			if term := p.terms.term(joined); (code || !apart) && p.has(term) {
				p.addToAll(i, j, one(term, weightJoined))
				for k := i; k <= j && code; k++ {
					p.out[k].Code = true
				}
			} else if j == i+1 && !apart && p.beginsCode(i, j) {
				p.addToAll(i, j, Variant{Terms: []string{string(joined)}, Weight: weightPrefix, Prefix: true})
			}
		}
	}
}

// codeDigits is from how many digits on a number is taken for a code.
const codeDigits = 7

// coded tells whether a word holds letters and digits, or many digits, as codes do.
func coded(word []byte) bool {
	letters, digits := 0, 0
	for _, r := range string(word) {
		switch {
		case unicode.IsLetter(r):
			letters++
		case unicode.IsDigit(r):
			digits++
		}
	}
	return digits > 0 && (letters > 0 || digits >= codeDigits)
}

// beginsCode tells whether concept i, short letters, and concept j, a number,
// may be the beginning of a part number: "MT 102".
func (p *parser) beginsCode(i, j int) bool {
	word, num := p.spans[i], p.spans[j]
	return word.hi-word.lo == 1 && p.atoms[word.lo].kind == letters && len(word.joined) <= 5 &&
		num.hi-num.lo == 1 && p.atoms[num.lo].kind == digits && len(num.joined) >= 2 && !p.isStop(word.joined)
}

// addParts adds to short letters and digits that stand beside a code or number
// the part of a mixed code that they may be.
func (p *parser) addParts() {
	for i, sp := range p.spans {
		if sp.joined == "" || sp.hi-sp.lo > 1 || len(sp.joined) >= plainPart {
			continue
		}
		number := p.atoms[sp.lo].kind == digits
		if number && len(sp.joined) == plainPart-1 || p.besideCode(i, i-1) || p.besideCode(i, i+1) {
			p.out[i].add(one(string(partMark)+sp.joined, weightPart))
		}
	}
}

// besideCode tells whether concept j is the neighbour of i and belongs to a code
// with it: one holds letters and the other digits.
func (p *parser) besideCode(i, j int) bool {
	if j < 0 || j >= len(p.spans) || p.spans[j].joined == "" {
		return false
	}
	if p.atoms[p.spans[max(i, j)].lo].gap == breakGap {
		return false
	}
	own, other := p.spans[i], p.spans[j]
	if p.atoms[own.lo].kind == digits {
		return p.atoms[other.hi-1].kind == letters && len(other.joined) <= 5 && !p.isStop(other.joined)
	}
	return p.atoms[other.lo].kind == digits && other.hi-other.lo == 1
}

func (p *parser) isStop(word string) bool {
	_, stop := p.stops[word]
	return stop
}

func (p *parser) addToAll(i, j int, v Variant) {
	for k := i; k <= j; k++ {
		p.out[k].add(v)
	}
}

// converted returns the other spellings of a measure by a related unit: 300cm
// for 3m.
func (p *parser) converted(m *measure) []string {
	p.tmp = p.appendValue(p.tmp[:0], m.numbers[0])
	value := string(p.tmp)
	var others []string
	for _, s := range p.scales {
		switch m.unit {
		case s.big:
			others = append(others, shift(value, s.exp)+s.small)
		case s.small:
			others = append(others, shift(value, -s.exp)+s.big)
		}
	}
	return others
}
