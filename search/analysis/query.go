package analysis

import (
	"slices"
	"unicode/utf8"
)

// Bounds of a query's analysis.
const (
	maxQueryBytes = 512
	maxConcepts   = 64
	maxVariants   = 12
)

// Weights of variants. What was typed weighs 1.
const (
	weightJoined    = 0.9 // other cut of the same letters: wi fi for wifi
	weightParts     = 0.9 // the parts of a code typed with connectors
	weightConverted = 0.9 // 300 cm for 3 m
	weightSplit     = 0.8 // two known words in a known word
	weightGuess     = 0.6 // parts of a code that were not typed apart
	weightPart      = 0.5 // a part of a code
	weightPrefix    = 0.5 // a code that goes on
	weightBare      = 0.5 // a number without its unit
)

// Query analyses what a searcher typed. Only the first 512 bytes and 64
// concepts count. A text without any word gives no concepts. lex may be nil.
func (a *Analyzer) Query(text string, lex Lexicon) []Concept {
	if len(text) > maxQueryBytes {
		n := maxQueryBytes
		for n > 0 && !utf8.RuneStart(text[n]) {
			n--
		}
		text = text[:n]
	}
	s := a.scan(text)
	p := parser{Analyzer: a, scan: s, lex: lex}
	p.all()
	p.joinNeighbours()
	p.addParts()
	p.markStops()
	concepts := p.finish()
	a.release(s)
	return concepts
}

// parser turns the atoms of a query into concepts.
type parser struct {
	*Analyzer
	*scan
	lex   Lexicon
	out   []Concept
	spans []span // by concept
}

// span is where a concept comes from: atoms [lo, hi).
type span struct {
	lo, hi int
	stop   bool
	// joined is the text of the atoms without gaps; empty for glyphs.
	joined string
}

func (p *parser) has(term string) bool { return p.lex != nil && p.lex.Has(term) }

func (p *parser) all() {
	for i := 0; i < len(p.atoms) && len(p.out) < maxConcepts; {
		switch p.atoms[i].kind {
		case glyph:
			i = p.glyphs(i)
		case letters:
			c := p.readCompound(i)
			i = p.compound(&c)
		default:
			m := p.readMeasure(i)
			if p.ends(&m) {
				p.measure(&m)
				i = m.end
				continue
			}
			c := p.readCompound(i)
			i = p.compound(&c)
		}
	}
}

// concept adds a concept made of atoms [lo, hi).
func (p *parser) concept(lo, hi int, variants ...Variant) *Concept {
	start, end := int(p.atoms[lo].start), int(p.atoms[hi-1].end)
	p.out = append(p.out, Concept{Surface: p.src[start:end], Start: start, End: end, Variants: variants})
	sp := span{lo: lo, hi: hi}
	if p.atoms[lo].kind != glyph {
		sp.joined = string(p.appendAtoms(p.tmp[:0], lo, hi))
	}
	p.spans = append(p.spans, sp)
	return &p.out[len(p.out)-1]
}

func one(term string, weight float64) Variant {
	return Variant{Terms: []string{term}, Weight: weight}
}

// glyphs adds a run of glyphs. A short one is one concept, as it is mostly one
// word; of a longer one each pair is a concept, since pairs across words need
// not stand in the product.
func (p *parser) glyphs(i int) int {
	const word = 3
	end := p.glyphsEnd(i)
	if end == i+1 {
		p.concept(i, end, one(p.terms.raw(p.text(p.atoms[i])), 1))
		return end
	}
	var pairs []string
	for k := i; k+1 < end; k++ {
		pair := p.terms.raw(p.buf[p.atoms[k].lo:p.atoms[k+1].hi])
		if end-i > word {
			if len(p.out) < maxConcepts {
				p.concept(k, k+2, one(pair, 1))
			}
			continue
		}
		pairs = append(pairs, pair)
	}
	if len(pairs) > 0 {
		p.concept(i, end, Variant{Terms: pairs, Weight: 1})
	}
	return end
}

// measure adds a number, a number with its unit, or a size.
func (p *parser) measure(m *measure) {
	lo := m.numbers[0].lo
	if m.plain() {
		p.number(m)
		return
	}
	term := func(unit bool) string {
		p.tmp = p.appendMeasure(p.tmp[:0], m, unit)
		return p.terms.term(p.tmp)
	}
	c := p.concept(lo, m.end, one(term(true), 1))
	if m.sep == 0 {
		for _, other := range p.converted(m) {
			c.add(one(other, weightConverted))
		}
		if num := m.numbers[0]; p.mayBeThousands(num) {
			p.tmp = append(p.appendAtoms(p.tmp[:0], num.lo, num.hi), m.unit...)
			c.add(one(p.terms.term(p.tmp), weightJoined))
		}
		if m.word >= 0 {
			word := p.terms.term(p.text(p.atoms[m.word]))
			c.add(Variant{Terms: []string{term(false), word}, Weight: weightGuess})
		}
		if m.unit == "in" { // sizes of screens are often bare
			c.add(one(term(false), weightBare))
		}
		return
	}
	if m.unit != "" {
		c.add(one(term(false), weightJoined))
	}
	parts := make([]string, 0, m.n)
	for _, num := range m.numbers[:m.n] {
		p.tmp = p.appendValue(p.tmp[:0], num)
		parts = append(parts, p.terms.term(p.tmp))
	}
	c.add(Variant{Terms: parts, Weight: weightBare})
}

// number adds a bare number.
func (p *parser) number(m *measure) {
	num := m.numbers[0]
	p.tmp = p.appendMeasure(p.tmp[:0], m, false)
	term := p.terms.term(p.tmp)
	c := p.concept(num.lo, m.end, one(term, 1))
	joined := p.spans[len(p.spans)-1].joined
	if num.form == version || num.form == decimal && p.has(joined) {
		c.add(one(joined, weightGuess))
	}
	if num.form == integer && len(joined) >= 4 && !p.has(term) {
		p.prefix(c, joined)
	}
}

// prefix adds a prefix variant, and for article numbers one without zeros.
func (p *parser) prefix(c *Concept, s string) {
	if len(s) > maxTerm {
		return
	}
	c.add(Variant{Terms: []string{s}, Weight: weightPrefix, Prefix: true})
	if s[0] != '0' {
		return
	}
	k := 0
	for k < len(s) && s[k] == '0' {
		k++
	}
	if rest := s[k:]; len(rest) >= 3 {
		c.add(Variant{Terms: []string{rest}, Weight: weightPrefix, Prefix: true})
	}
}

// add appends a variant unless it is there or the concept is full.
func (c *Concept) add(v Variant) {
	if len(c.Variants) >= maxVariants {
		return
	}
	for _, have := range c.Variants {
		if have.Prefix == v.Prefix && slices.Equal(have.Terms, v.Terms) {
			return
		}
	}
	c.Variants = append(c.Variants, v)
}

// markStops makes stop words optional if there is any other concept.
func (p *parser) markStops() {
	real := false
	for i := range p.spans {
		sp := &p.spans[i]
		_, sp.stop = p.stops[sp.joined]
		real = real || !sp.stop
	}
	for i := range p.out {
		p.out[i].Optional = real && p.spans[i].stop
	}
}

// prune drops variants that no product can satisfy, the typed one excepted.
func (p *parser) prune(c *Concept) {
	kept := c.Variants[:1]
	for _, v := range c.Variants[1:] {
		if v.Prefix || !slices.ContainsFunc(v.Terms, func(t string) bool { return !p.lex.Has(t) }) {
			kept = append(kept, v)
		}
	}
	c.Variants = kept
}

// finish drops concepts that were asked for before.
func (p *parser) finish() []Concept {
	kept := p.out[:0]
next:
	for _, c := range p.out {
		for _, k := range kept {
			if slices.Equal(k.Variants[0].Terms, c.Variants[0].Terms) {
				continue next
			}
		}
		kept = append(kept, c)
	}
	if p.lex != nil {
		for i := range kept {
			p.prune(&kept[i])
		}
	}
	return kept
}
