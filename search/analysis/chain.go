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

// Lengths in bytes of words that are written together with their neighbour.
const (
	maxTail  = 2 // behind a number: 1080 Ti
	maxMaker = 5 // before several numbers: NOR 0707 60
	maxShort = 3 // before another such: Wi Fi
	maxNoun  = 6 // behind a single letter: T shirt
)

// link adds the item of atoms [lo, hi), a word or a bare number, to the chain, and
// to the tokens all spellings that end with it.
func (e *emitter) link(lo, hi int) {
	at := &e.atoms[lo]
	size := e.atoms[hi-1].hi - at.lo
	stop := false
	if at.kind == letters {
		_, stop = e.stops[string(e.text(*at))]
	}
	if e.chain.n > 0 {
		e.chain.cut(e.scan, at, size, stop)
		last := e.atoms[e.chain.last].kind
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
	if !stop {
		e.chain.start(lo)
	}
}

// cut drops the starts from which no spelling goes on to the item at.
func (c *chain) cut(s *scan, at *atom, size int32, stop bool) {
	last := s.atoms[c.last]
	before := last.hi - last.lo
	switch {
	case at.gap != blankGap:
		c.reset()
	case at.kind == digits:
	case last.kind == digits:
		if size > maxTail {
			c.reset()
		}
	case stop || c.starts[c.n-1] != c.last:
		c.reset()
	case before <= maxShort && size <= maxShort || before == 1 && size <= maxNoun:
		c.starts[0], c.n = c.last, 1
	default:
		c.reset()
	}
}
