package reference

import (
	"maps"
	"math"
	"slices"
)

// Concept is one thing that a query asks for, in any of its spellings.
type Concept struct {
	Name     string
	Variants []Variant
	// Optional concepts add to the score and are not required.
	Optional bool
	// Code concepts are parts of a code that is spelled with blanks.
	Code bool
}

// Variant is one spelling of a concept: terms that all must be there.
type Variant struct {
	Terms  []string
	Weight float64
	// Prefix makes the only term stand for all terms that begin with it.
	Prefix bool
}

// Text is the text score of a product.
type Text struct {
	Score    float64 // the sum of shares times Coverage
	Coverage float64
	Matched  int // required concepts
	Shares   []Share
}

// Share is one matched concept's part of the score.
type Share struct {
	Concept string
	Value   float64
	IDF     float64
	DF      int
}

// Texts scores every product that matches at least atLeast of the required
// concepts, and at least one concept of any kind. Without concepts every product
// scores 1.
func (x *Index) Texts(concepts []Concept, atLeast int) map[string]Text {
	texts := map[string]Text{}
	if len(concepts) == 0 {
		for id := range x.products {
			texts[id] = Text{Score: 1, Coverage: 1}
		}
		return texts
	}
	required := 0
	for _, c := range concepts {
		if !c.Optional {
			required++
		}
		x.addShares(texts, c)
	}
	for id, text := range texts {
		if text.Matched < atLeast {
			delete(texts, id)
			continue
		}
		text.Coverage = 1
		if text.Matched < required {
			text.Coverage = math.Pow(float64(text.Matched)/float64(required), x.CoveragePower)
		}
		for _, share := range text.Shares {
			text.Score += share.Value
		}
		text.Score *= text.Coverage
		texts[id] = text
	}
	return texts
}

// addShares adds the share of one concept to all products that match it.
func (x *Index) addShares(texts map[string]Text, c Concept) {
	matches := x.conceptFrequencies(c)
	n, df := float64(len(x.products)), float64(len(matches))
	idf := math.Log(1 + (n-df+0.5)/(df+0.5))
	for id, frequency := range matches {
		text := texts[id]
		if !c.Optional {
			text.Matched++
		}
		text.Shares = append(text.Shares, Share{
			Concept: c.Name, Value: idf * frequency / (x.K1 + frequency), IDF: idf, DF: len(matches),
		})
		texts[id] = text
	}
}

// conceptFrequencies returns the best variant's frequency by product, only of
// products where it is above 0.
func (x *Index) conceptFrequencies(c Concept) map[string]float64 {
	best := map[string]float64{}
	for _, v := range x.expand(c.Variants) {
		frequencies := x.variantFrequencies(v)
		for id, frequency := range frequencies {
			if frequency > best[id] {
				best[id] = frequency
			}
		}
	}
	return best
}

// expand replaces prefixes by the terms they stand for.
func (x *Index) expand(variants []Variant) []Variant {
	var expanded []Variant
	for _, v := range variants {
		if !v.Prefix {
			expanded = append(expanded, v)
			continue
		}
		for _, term := range x.termsWithPrefix(v.Terms[0]) {
			expanded = append(expanded, Variant{Terms: []string{term}, Weight: v.Weight})
		}
	}
	return expanded
}

// variantFrequencies returns the variant's weight times the frequency of its
// rarest term, by product.
func (x *Index) variantFrequencies(v Variant) map[string]float64 {
	lowest := map[string]float64{}
	for i, term := range v.Terms {
		frequencies := x.TermFrequencies(term)
		for id := range x.products {
			if i == 0 || frequencies[id] < lowest[id] {
				lowest[id] = frequencies[id]
			}
		}
	}
	for id := range lowest {
		lowest[id] *= v.Weight
	}
	return lowest
}

// TermFrequencies returns a term's frequency over all fields, weighted and
// normalised by length, for every product that holds the term.
func (x *Index) TermFrequencies(term string) map[string]float64 {
	frequencies := map[string]float64{}
	weights := x.weights()
	for _, field := range slices.Sorted(maps.Keys(weights)) {
		average := x.averageLength(field)
		for id, p := range x.products {
			tf := float64(p.frequency[field][term])
			if tf == 0 {
				continue
			}
			relative := 0.0 // where texts hold nothing but variant tokens
			if average > 0 {
				relative = float64(p.length[field]) / average
			}
			frequencies[id] += weights[field] * tf / (1 - x.B + x.B*relative)
		}
	}
	return frequencies
}
