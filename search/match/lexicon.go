package match

import (
	"fmt"
	"slices"

	index "github.com/blevesearch/bleve_index_api"
	segment "github.com/blevesearch/scorch_segment_api/v2"

	"github.com/aisle-search/aisle/search/analysis"
	"github.com/aisle-search/aisle/search/layout"
	"github.com/aisle-search/aisle/search/snapshot"
)

// maxPrefixTerms bounds how many terms a prefix stands for.
const maxPrefixTerms = 64

// viewLexicon knows which terms live products hold.
type viewLexicon struct {
	view *snapshot.View
	err  error
}

var _ analysis.Lexicon = (*viewLexicon)(nil)

// Has tells whether a live product holds the term; false after an error.
func (l *viewLexicon) Has(term string) bool {
	if l.err != nil {
		return false
	}
	has, err := l.view.HasTerm(term, func() (bool, error) { return lookUp(l.view, term) })
	l.err = err
	return has
}

// lookUp tells whether a live product holds the term in a text field.
func lookUp(v *snapshot.View, term string) (bool, error) {
	key := []byte(term)
	for _, s := range v.Segments {
		if has, err := holdsTerm(s, key, v.Generation.Schema.Packs); has || err != nil {
			return has, err
		}
	}
	return false, nil
}

// expandPrefix gives the first maxPrefixTerms terms, in order, that begin with
// prefix and that live products hold.
func expandPrefix(v *snapshot.View, prefix string) ([]string, error) {
	var all []string
	start := []byte(prefix)
	for _, s := range v.Segments {
		for _, pack := range v.Generation.Schema.Packs {
			n := 0
			err := layout.Scan(s.Bleve, pack, start, layout.PrefixEnd(start), func(dict segment.TermDictionary, e *index.DictEntry) (bool, error) {
				if s.Deleted != nil {
					list, err := dict.PostingsList([]byte(e.Term), s.Deleted, nil)
					if err != nil {
						return false, err
					}
					if list.Count() == 0 {
						return true, nil
					}
				}
				all = append(all, e.Term)
				n++
				return n < maxPrefixTerms, nil
			})
			if err != nil {
				return nil, fmt.Errorf("expand prefix: %w", err)
			}
		}
	}
	slices.Sort(all)
	all = slices.Compact(all)
	return all[:min(len(all), maxPrefixTerms)], nil
}
