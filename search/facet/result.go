package facet

import "github.com/aisle-search/aisle/search/schema"

// Result is the counts of one field over the result, its own filter left out.
type Result struct {
	Name string
	Kind string // "terms" or "range"
	// terms
	Values   []Value // by count, then value
	More     bool    // there are values beyond those listed
	Distinct int     // values in all
	// range: Min and Max are those of the result
	Min, Max float64
	Buckets  []Bucket
	// FieldKind tells how to print values and bounds.
	FieldKind schema.Kind
}

// Value is one value of a terms facet.
type Value struct {
	Value    string
	Count    int
	Selected bool
}

// Bucket is one range; both ends are included, so filtering by From..To
// finds exactly Count products.
type Bucket struct {
	From, To float64
	Count    int
}
