package catalog

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// Kind is what the values of a field are.
type Kind uint8

const (
	// KindText is prose: searched, perhaps sorted by, never faceted.
	KindText Kind = iota + 1
	// KindKeyword is compared whole.
	KindKeyword
	// KindNumber is any finite number.
	KindNumber
	// KindMoney is a whole number of minor units of the field's currency.
	KindMoney
	// KindDate is milliseconds since 1970 UTC.
	KindDate
	// KindBool is "true" or "false".
	KindBool
	// KindURL is an address, of a picture for instance: only displayed.
	KindURL
)

var kindNames = [...]string{"", "text", "keyword", "number", "money", "date", "bool", "url"}

// String gives the schema file's word.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "unknown"
}

// AttributePrefix begins the names of attributes, wherever fields and attributes
// share a name space.
const AttributePrefix = "attr."

// CategorySeparator joins the levels of a category path in every value that this
// package gives out.
const CategorySeparator = " > "

// Field is one declared field of a schema.
type Field struct {
	Name string
	Kind Kind
	// Weight is the weight in ranking; 0 means that the text is not searched.
	Weight float64
	// Identifier marks codes (SKU, EAN), to be found in any spelling.
	Identifier bool
	Facet      bool
	Sort       bool
	Display    bool
	// Category marks a keyword field whose values are every prefix of a path.
	Category   bool
	Currency   string // ISO 4217 (KindMoney)
	MinorUnits int    // digits after the point, 0 to 4 (KindMoney)

	paths     []string // alternatives: the first that holds a value is used
	separator string   // between levels in the source (Category)
	major     bool     // the source counts in major units (KindMoney)
	html      bool     // the source holds HTML (KindText, KindKeyword)
}

// Searched says that the field's text takes part in searching.
func (f Field) Searched() bool { return f.Weight > 0 }

// attributeStyle is how a rule of open attributes reads them.
type attributeStyle uint8

const (
	stylePattern attributeStyle = iota // top-level names that match
	styleObject                        // the members of an object
	stylePairs                         // a list of {name, value}
)

// attributeRule says where some of the open attributes are.
type attributeRule struct {
	style          attributeStyle
	prefix, suffix string // stylePattern: around the star
	path           string // styleObject, stylePairs
	name, value    string // stylePairs: the members' names
	kind           Kind   // 0 leaves the values as they are
}

// Schema maps a shop's own documents to products. It is immutable and safe for
// concurrent use.
type Schema struct {
	// Collection holds the documents.
	Collection string
	// AttributeWeight is the weight in ranking of the text of all attributes.
	AttributeWeight float64

	idField    string // of a loaded line; becomes _id
	fields     []Field
	visibility []string // paths; none means that everything is visible
	visible    []string // values that make a product visible
	group      []string // paths of the variant group
	rules      []attributeRule
	plan       plan
}

// Fields lists the declared fields in the file's order.
func (s *Schema) Fields() []Field { return slices.Clone(s.fields) }

// mappingVersion changes whenever the same schema and document would give
// another product than before, so that indexes are rebuilt.
const mappingVersion = 2

// Hash identifies what products of this schema look like. Weights are left out:
// they rank an index that stays the same. Whether a field is searched at all is
// in.
func (s *Schema) Hash() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d %q %q %q %q %t\n", mappingVersion, s.Collection, s.visibility, s.visible, s.group, s.AttributeWeight > 0)
	for _, f := range s.fields {
		searched := f.Searched()
		f.Weight = 0
		fmt.Fprintf(&b, "%#v %t\n", f, searched)
	}
	for _, r := range s.rules {
		fmt.Fprintf(&b, "%#v\n", r)
	}
	sum := sha256.Sum256([]byte(b.String()))
	return hex.EncodeToString(sum[:16])
}

// target is one place that a value under a top-level name goes to.
type target struct {
	slot int
	rest string // path below the name; empty means the value itself
}

// plan is the schema turned round: what to do with each top-level name.
type plan struct {
	targets map[string][]target
	slots   int
	first   []int // first slot of each field; its alternatives follow
	visible int   // first slot of the visibility
	group   int   // first slot of the variant group
	rule    []int // slot of each attribute rule, -1 for patterns
	claimed map[string]bool
}

// compile makes the plan. A name may itself hold dots, so a path counts under
// each of its dotted beginnings.
func (s *Schema) compile() {
	p := plan{targets: map[string][]target{}, claimed: map[string]bool{"_id": true, s.idField: true}}
	add := func(path string) {
		for i := 0; i <= len(path); i++ {
			if i == len(path) {
				p.targets[path] = append(p.targets[path], target{slot: p.slots})
				p.claimed[path] = true
			} else if path[i] == '.' {
				p.targets[path[:i]] = append(p.targets[path[:i]], target{slot: p.slots, rest: path[i+1:]})
				p.claimed[path[:i]] = true
			}
		}
		p.slots++
	}
	all := func(paths []string) int {
		first := p.slots
		for _, path := range paths {
			add(path)
		}
		return first
	}
	for _, f := range s.fields {
		p.first = append(p.first, all(f.paths))
	}
	p.visible = all(s.visibility)
	p.group = all(s.group)
	for _, r := range s.rules {
		if r.style == stylePattern {
			p.rule = append(p.rule, -1)
			continue
		}
		p.rule = append(p.rule, all([]string{r.path}))
	}
	s.plan = p
}
