package analysis

// Token is one index term at a place of the text.
type Token struct {
	Term       string
	Start, End int // byte offsets into the original text, for highlighting
	Position   int // variants of the same word share a position
	// Variant marks additional spellings, which must not count toward the
	// field's length.
	Variant bool
}

// Concept is one thing the searcher asked for: a word, a code, a number with its
// unit.
type Concept struct {
	Surface    string // as typed
	Start, End int    // byte offsets into the query
	// Variants are alternatives, best first: any of them satisfies the concept.
	// There are 1 to 12.
	Variants []Variant
	// Optional marks a stop word beside real words: it scores, but need not
	// match.
	Optional bool
	// Code marks a part of a code that is spelled with blanks, "nor0707 60", and that
	// some product holds in one word.
	Code bool
}

// Variant is satisfied by a product that holds all Terms, anywhere.
type Variant struct {
	Terms  []string
	Weight float64 // in (0, 1]; 1 is what was typed
	// Prefix makes Terms, then a single one, a prefix to be expanded over the
	// dictionary; the caller bounds the expansion.
	Prefix bool
}

// Lexicon tells whether a term occurs in the index. It is asked up to a few
// hundred times for a query.
type Lexicon interface {
	Has(term string) bool
}
