package analysis

import (
	"hash/maphash"
	"sync/atomic"
	"unicode/utf8"

	"github.com/blevesearch/snowballstem"
	"github.com/blevesearch/snowballstem/english"
)

const (
	// internSlots is the number of words remembered by each table, a power of 2.
	internSlots = 1 << 15
	// maxTerm is the longest term in bytes; the rest of a longer one is cut off,
	// alike in index and query.
	maxTerm = 64
)

// interner gives terms as strings without allocating for those it has seen
// lately, and remembers their stems. It is a direct-mapped cache: a slot holds
// the last word that hashed to it, so it is bounded and needs no lock.
type interner struct {
	stem  func(string) string // nil: words stay as they are
	seed  maphash.Seed
	words []atomic.Pointer[interned] // stemmed
	raws  []atomic.Pointer[interned]
}

type interned struct{ key, term string }

func newInterner(stem func(string) string) *interner {
	return &interner{
		stem:  stem,
		seed:  maphash.MakeSeed(),
		words: make([]atomic.Pointer[interned], internSlots),
		raws:  make([]atomic.Pointer[interned], internSlots),
	}
}

// raw returns b as a term: as it is, but without the leading zeros of article
// numbers.
func (in *interner) raw(b []byte) string {
	b = cutTerm(stripZeros(b))
	slot := &in.raws[maphash.Bytes(in.seed, b)&(internSlots-1)]
	if e := slot.Load(); e != nil && e.key == string(b) {
		return e.term
	}
	key := string(b)
	slot.Store(&interned{key: key, term: key})
	return key
}

// term returns the stem of a word of ASCII letters, anything else as it is.
func (in *interner) term(b []byte) string {
	if in.stem == nil || len(b) < 3 || len(b) > maxTerm || !asciiLetters(b) {
		return in.raw(b)
	}
	slot := &in.words[maphash.Bytes(in.seed, b)&(internSlots-1)]
	if e := slot.Load(); e != nil && e.key == string(b) {
		return e.term
	}
	key := string(b)
	e := &interned{key: key, term: in.stem(key)}
	slot.Store(e)
	return e.term
}

func cutTerm(b []byte) []byte {
	if len(b) <= maxTerm {
		return b
	}
	n := maxTerm
	for n > 0 && !utf8.RuneStart(b[n]) {
		n--
	}
	return b[:n]
}

// asciiLetters tells whether b, which is folded, holds a-z only.
func asciiLetters(b []byte) bool {
	for _, c := range b {
		if c-'a' > 'z'-'a' {
			return false
		}
	}
	return true
}

// englishStem is Porter's second stemmer.
func englishStem(word string) string {
	env := snowballstem.NewEnv(word)
	english.Stem(env)
	return env.Current()
}
