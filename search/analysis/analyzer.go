package analysis

import (
	"errors"
	"fmt"
	"strings"
	"sync"
)

// analysisVersion changes whenever the same text gives other tokens than before: an
// index of another version needs a rebuild.
const analysisVersion = "1"

// ErrLanguage: the language is not one of those supported.
var ErrLanguage = errors.New("analysis: language is not supported")

// Options chooses what an Analyzer does.
type Options struct {
	// Language is "english" (the default: English stems and stop words) or
	// "none".
	Language string
}

// Analyzer turns texts into terms. It is safe for concurrent use.
type Analyzer struct {
	language string
	terms    *interner
	units    map[string]unit
	scales   []scale
	folds    []string
	stops    map[string]struct{}
	scans    sync.Pool // of *scan
}

// New returns an analyzer for the options.
func New(o Options) (*Analyzer, error) {
	if o.Language == "" {
		o.Language = "english"
	}
	a := &Analyzer{language: o.Language, units: unitTable(), scales: scales(), folds: foldTable()}
	switch o.Language {
	case "english":
		a.stops = englishStops()
		a.terms = newInterner(englishStem)
	case "none":
		a.terms = newInterner(nil)
	default:
		return nil, fmt.Errorf("language %q (want english or none): %w", o.Language, ErrLanguage)
	}
	a.scans.New = func() any { return &scan{units: a.units, folds: a.folds} }
	return a, nil
}

// Version identifies the behaviour, options included: two analyzers of one
// version give the same tokens.
func (a *Analyzer) Version() string { return analysisVersion + "-" + a.language }

// maxScratch bounds the scratch memory that is kept for the next text, in bytes.
const maxScratch = 1 << 16

func (a *Analyzer) scan(text string) *scan {
	s := a.scans.Get().(*scan)
	s.run(text)
	return s
}

func (a *Analyzer) release(s *scan) {
	s.src = ""
	if cap(s.buf) <= maxScratch {
		a.scans.Put(s)
	}
}

// englishStops are words that say little beside real words. Words that change
// what is meant ("no", "off", "without") are not among them.
func englishStops() map[string]struct{} {
	const words = "a an and are as at be by for from has in into is it its of on or " +
		"that the their there these this to was were will with your"
	stops := make(map[string]struct{})
	for _, w := range strings.Fields(words) {
		stops[w] = struct{}{}
	}
	return stops
}
