package reference

import (
	"maps"
	"math"
	"slices"

	"github.com/aisle-search/aisle/search"
)

// Token is one term of an analysed text. Variant tokens are further spellings of
// a token: they are found, and do not make the text longer.
type Token struct {
	Term    string
	Variant bool
}

// Analysis is how texts become terms.
type Analysis struct {
	Tokens      func(text string) []Token // of ordinary fields
	Identifiers func(text string) []Token // of identifier fields
	Fold        func(text string) string  // without case and accents
}

// Parameters are the constants of the text score.
type Parameters struct {
	K1 float64 // saturation of a concept's frequency
	B  float64 // how much a field's length counts, 0..1
	// CoveragePower is the power of the share of required concepts that a product
	// matches.
	CoveragePower float64
	PrefixTerms   int // how many terms a prefix stands for at most
	MeanDigits    int // binary digits of a field's mean length; 0: all
	MaxFrequency  int // how often a term counts in a field at most
}

// DefaultParameters are those that the engine starts with.
func DefaultParameters() Parameters {
	return Parameters{K1: 0.6, B: 0.4, CoveragePower: 1, PrefixTerms: 64, MeanDigits: 8, MaxFrequency: 15}
}

// Index holds products.
type Index struct {
	Parameters
	schema   search.Schema
	fields   []search.TextField // searched ones
	analysis Analysis
	products map[string]*product
}

// product is a document with its analysed fields.
type product struct {
	search.Document
	frequency map[string]map[string]int // field, term: occurrences
	length    map[string]int            // field: tokens that are not variants
}

// New returns an empty index. It panics on a schema that is not valid.
func New(schema search.Schema, analysis Analysis, parameters Parameters) *Index {
	fields, err := search.TextFields(schema)
	if err != nil {
		panic(err)
	}
	return &Index{Parameters: parameters, schema: schema, fields: fields, analysis: analysis, products: map[string]*product{}}
}

// Put adds a document, or replaces the one with its id.
func (x *Index) Put(d search.Document) {
	p := &product{Document: d, frequency: map[string]map[string]int{}, length: map[string]int{}}
	for _, field := range x.fields {
		analyse := x.analysis.Tokens
		if field.Identifier {
			analyse = x.analysis.Identifiers
		}
		for _, text := range field.Values(&d) {
			x.count(p, field.Name, analyse(text))
		}
	}
	x.products[d.ID] = p
}

// Delete removes the document with the id, if there is one.
func (x *Index) Delete(id string) { delete(x.products, id) }

// Commit applies a batch.
func (x *Index) Commit(b search.Batch) {
	for _, d := range b.Documents {
		x.Put(d)
	}
	for _, id := range b.Deletes {
		x.Delete(id)
	}
}

// IDs returns the ids of all products in order.
func (x *Index) IDs() []string { return slices.Sorted(maps.Keys(x.products)) }

func (x *Index) field(name string) (search.Field, bool) {
	for _, f := range x.schema.Fields {
		if f.Name == name {
			return f, true
		}
	}
	return search.Field{}, false
}

func (x *Index) count(p *product, field string, tokens []Token) {
	if p.frequency[field] == nil {
		p.frequency[field] = map[string]int{}
	}
	for _, t := range tokens {
		p.frequency[field][t.Term] = min(p.frequency[field][t.Term]+1, x.MaxFrequency)
		if !t.Variant {
			p.length[field]++
		}
	}
}

// weights returns the BM25F weight of each searched field.
func (x *Index) weights() map[string]float64 {
	w := map[string]float64{}
	for _, f := range x.fields {
		w[f.Name] = f.Weight
	}
	return w
}

// averageLength is over all products: one without the field has length 0. It is
// rounded to MeanDigits.
func (x *Index) averageLength(field string) float64 {
	total := 0
	for _, p := range x.products {
		total += p.length[field]
	}
	mean := float64(total) / float64(len(x.products))
	if x.MeanDigits == 0 {
		return mean
	}
	fraction, exponent := math.Frexp(mean)
	return math.Ldexp(math.Round(math.Ldexp(fraction, x.MeanDigits)), exponent-x.MeanDigits)
}

// termsWithPrefix returns the first terms of any searched field that begin so.
func (x *Index) termsWithPrefix(prefix string) []string {
	found := map[string]bool{}
	for field := range x.weights() {
		for _, p := range x.products {
			for term := range p.frequency[field] {
				if len(term) >= len(prefix) && term[:len(prefix)] == prefix {
					found[term] = true
				}
			}
		}
	}
	terms := slices.Sorted(maps.Keys(found))
	return terms[:min(len(terms), x.PrefixTerms)]
}
