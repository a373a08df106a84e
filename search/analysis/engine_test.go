package analysis

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"testing"
)

// shelf is a tiny index: what the search package does with the tokens, reduced
// to counting.
type shelf struct {
	a        *Analyzer
	products []map[string]int // terms of each product
	df       map[string]int
}

// newShelf indexes texts; a text behind "code:" is an identifier.
func newShelf(t testing.TB, texts ...string) *shelf {
	t.Helper()
	a, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	s := &shelf{a: a, df: make(map[string]int)}
	for _, text := range texts {
		var tokens []Token
		if code, ok := strings.CutPrefix(text, "code:"); ok {
			tokens = a.Identifiers(nil, code)
		} else {
			tokens = a.Tokens(nil, text)
		}
		terms := make(map[string]int)
		for _, tok := range tokens {
			terms[tok.Term]++
		}
		for term := range terms {
			s.df[term]++
		}
		s.products = append(s.products, terms)
	}
	return s
}

func (s *shelf) Has(term string) bool { return s.df[term] > 0 }

// search returns the products that match every concept that is not optional,
// best first.
func (s *shelf) search(query string) []int {
	concepts := s.a.Query(query, s)
	if len(concepts) == 0 {
		return nil
	}
	scores := make(map[int]float64)
	var found []int
	for i, terms := range s.products {
		matched, total := true, 0.0
		for _, c := range concepts {
			score := s.score(terms, c)
			matched = matched && (score > 0 || c.Optional)
			total += score
		}
		if matched && total > 0 {
			scores[i] = total
			found = append(found, i)
		}
	}
	slices.SortStableFunc(found, func(a, b int) int { return cmp.Compare(scores[b], scores[a]) })
	return found
}

func (s *shelf) score(terms map[string]int, c Concept) float64 {
	best := 0.0
	for _, v := range c.Variants {
		if v.Prefix {
			for term := range terms {
				if strings.HasPrefix(term, v.Terms[0]) {
					best = max(best, v.Weight*s.idf(term))
				}
			}
			continue
		}
		weakest := math.Inf(1)
		for _, term := range v.Terms {
			if terms[term] == 0 {
				weakest = 0
				break
			}
			weakest = min(weakest, s.idf(term))
		}
		best = max(best, v.Weight*weakest)
	}
	return best
}

func (s *shelf) idf(term string) float64 {
	return math.Log(1 + float64(len(s.products))/float64(s.df[term]))
}
