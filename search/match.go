package search

import "github.com/aisle-search/aisle/search/snapshot"

// textPlan is an analysed query text, ready to be matched against a view.
type textPlan struct {
	concepts []conceptPlan
	terms    []string // distinct
	required int      // concepts that are not optional
	code     bool     // all of them are parts of codes
}

type conceptPlan struct {
	surface  string
	optional bool
	variants []variantPlan
}

type variantPlan struct {
	terms  []int // into textPlan.terms; a product must hold all
	weight float64
}

// planText analyses text for a view. A text without a word gives no concepts.
func planText(v *snapshot.View, text string) (*textPlan, error) {
	lex := &viewLexicon{view: v}
	concepts := v.Generation.Analyzer.Query(text, lex)
	if lex.err != nil {
		return nil, lex.err
	}
	p := &textPlan{code: true}
	ordinals := map[string]int{}
	ordinal := func(term string) int {
		n, ok := ordinals[term]
		if !ok {
			n = len(p.terms)
			ordinals[term] = n
			p.terms = append(p.terms, term)
		}
		return n
	}
	for _, c := range concepts {
		cp := conceptPlan{surface: c.Surface, optional: c.Optional}
		for _, variant := range c.Variants {
			if variant.Prefix {
				expanded, err := expandPrefix(v, variant.Terms[0])
				if err != nil {
					return nil, err
				}
				for _, t := range expanded {
					cp.variants = append(cp.variants, variantPlan{terms: []int{ordinal(t)}, weight: variant.Weight})
				}
				continue
			}
			vp := variantPlan{weight: variant.Weight}
			for _, t := range variant.Terms {
				vp.terms = append(vp.terms, ordinal(t))
			}
			cp.variants = append(cp.variants, vp)
		}
		if !c.Optional {
			p.required++
			p.code = p.code && c.Code
		}
		p.concepts = append(p.concepts, cp)
	}
	return p, nil
}

// empty tells whether the text holds no word.
func (p *textPlan) empty() bool { return len(p.concepts) == 0 }
