package match

import "github.com/aisle-search/aisle/search/snapshot"

// Plan is an analysed query text, ready to be matched against a view.
type Plan struct {
	concepts []concept
	Terms    []string // distinct
	Required int      // concepts that are not optional
	code     bool     // all of them are parts of codes
}

type concept struct {
	surface  string
	optional bool
	variants []variant
}

type variant struct {
	terms  []int // into Plan.Terms; a product must hold all
	weight float64
}

// NewPlan analyses text for a view. A text without a word gives no concepts.
func NewPlan(v *snapshot.View, text string) (*Plan, error) {
	lex := &viewLexicon{view: v}
	concepts := v.Generation.Analyzer.Query(text, lex)
	if lex.err != nil {
		return nil, lex.err
	}
	p := &Plan{code: true}
	ordinals := map[string]int{}
	ordinal := func(term string) int {
		n, ok := ordinals[term]
		if !ok {
			n = len(p.Terms)
			ordinals[term] = n
			p.Terms = append(p.Terms, term)
		}
		return n
	}
	for _, c := range concepts {
		cp := concept{surface: c.Surface, optional: c.Optional}
		for _, a := range c.Variants {
			if a.Prefix {
				expanded, err := expandPrefix(v, a.Terms[0])
				if err != nil {
					return nil, err
				}
				for _, t := range expanded {
					cp.variants = append(cp.variants, variant{terms: []int{ordinal(t)}, weight: a.Weight})
				}
				continue
			}
			vp := variant{weight: a.Weight}
			for _, t := range a.Terms {
				vp.terms = append(vp.terms, ordinal(t))
			}
			cp.variants = append(cp.variants, vp)
		}
		if !c.Optional {
			p.Required++
			p.code = p.code && c.Code
		}
		p.concepts = append(p.concepts, cp)
	}
	return p, nil
}

// Empty tells whether the text holds no word.
func (p *Plan) Empty() bool { return len(p.concepts) == 0 }
