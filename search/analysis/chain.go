package analysis

// maxChain bounds the items of one joined spelling.
const maxChain = 3

// chain is a sequence of short words and numbers with single blanks between
// ("GTX 1080 Ti", "PS 4", "2 in 1"), which people also write without the blanks.
type chain struct {
	starts [maxChain - 1]int // atoms of the last items from which a spelling may begin
	n      int
	last   int // the last item's atom
}

func (c *chain) reset() { c.n = 0 }

// start adds a start, and drops the oldest when full.
func (c *chain) start(i int) {
	if c.n == len(c.starts) {
		copy(c.starts[:], c.starts[1:])
		c.n--
	}
	c.starts[c.n] = i
	c.n++
}

const (
	// maxTail is the length of a word, in bytes, that is joined to the number
	// before it.
	maxTail = 2
	// maxMaker is the length of a word that numbers, one after the other, are
	// joined to.
	maxMaker = 5
)

// link adds the item of atoms [lo, hi), a word or a bare number, to the chain, and to
// the tokens all spellings that end with it.
func (e *emitter) link(lo, hi int) {
	at := &e.atoms[lo]
	size := e.atoms[hi-1].hi - at.lo
	if e.chain.n > 0 {
		last := e.atoms[e.chain.last].kind
		if at.gap != blankGap || at.kind == letters && (last != digits || size > maxTail) {
			e.chain.reset()
		}
		for _, from := range e.chain.starts[:e.chain.n] {
			first := &e.atoms[from]
			if at.kind == digits && last == digits && (first.kind != letters || first.hi-first.lo > maxMaker) {
				continue
			}
			e.tmp = e.appendAtoms(e.tmp[:0], from, hi)
			e.bytes(from, hi, true)
		}
	}
	e.chain.last = lo
	if at.kind == letters {
		if _, stop := e.stops[string(e.text(*at))]; stop {
			return
		}
	}
	e.chain.start(lo)
}
