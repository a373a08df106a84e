package catalog

import (
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/aisle-search/aisle/catalog/strictyaml"
)

// maxSchema is the largest schema file that is read, in bytes.
const maxSchema = 1 << 20

// LoadSchemaFile reads a schema from a file.
func LoadSchemaFile(path string) (*Schema, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open schema: %w", err)
	}
	defer f.Close()
	s, err := LoadSchema(f)
	if err != nil {
		return nil, fmt.Errorf("read schema %s: %w", path, err)
	}
	return s, nil
}

// LoadSchema reads a schema. Unknown keys are errors; every error names the line
// and the key.
func LoadSchema(r io.Reader) (*Schema, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxSchema+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxSchema {
		return nil, fmt.Errorf("schema is longer than %d bytes", maxSchema)
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return nil, err
	}
	if len(doc.Content) == 0 {
		return nil, errors.New("schema is empty")
	}
	s := &Schema{Collection: "products", idField: "_id"}
	if err := s.decode(doc.Content[0]); err != nil {
		return nil, err
	}
	s.compile()
	return s, nil
}

func (s *Schema) decode(n *yaml.Node) error {
	err := strictyaml.Mapping(n, "", strictyaml.Keys{
		"collection":       strictyaml.Text(&s.Collection),
		"id":               strictyaml.Text(&s.idField),
		"fields":           s.decodeFields,
		"visibility":       s.decodeVisibility,
		"variant_group":    paths(&s.group),
		"attribute_weight": weight(&s.AttributeWeight),
		"attributes":       s.decodeRules,
	})
	if err != nil {
		return err
	}
	for _, f := range s.fields {
		if f.Name == "title" {
			return nil
		}
	}
	return strictyaml.Fail(n, "fields", "must declare title")
}

var fieldName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,63}$`)

func (s *Schema) decodeFields(n *yaml.Node, where string) error {
	if n.Kind != yaml.MappingNode {
		return strictyaml.Fail(n, where, "must be a mapping of names to fields")
	}
	seen := map[string]bool{}
	for i := 0; i < len(n.Content); i += 2 {
		key := n.Content[i]
		at := where + "." + key.Value
		if !fieldName.MatchString(key.Value) {
			return strictyaml.Fail(key, at, "is no field name: use a-z, 0-9 and _, beginning with a letter")
		}
		if reserved[key.Value] {
			return strictyaml.Fail(key, at, "is a reserved name")
		}
		if seen[key.Value] {
			return strictyaml.Fail(key, at, "is declared twice")
		}
		seen[key.Value] = true
		f, err := decodeField(key.Value, n.Content[i+1], at)
		if err != nil {
			return err
		}
		s.fields = append(s.fields, f)
	}
	return nil
}

// reserved names mean something else wherever fields are named.
var reserved = map[string]bool{
	"id": true, "relevance": true, "auto": true, "attr": true, "attributes": true,
	"in_stock": true, "stock": true, "score": true,
}

// standardKinds are the kinds that a standard field may have, because the rest
// of the program relies on them.
var standardKinds = map[string][]string{
	"title":       {"text"},
	"description": {"text"},
	"brand":       {"keyword"},
	"category":    {"category", "keyword"},
	"price":       {"money"},
	"released":    {"date"},
	"sku":         {"keyword", "text"},
	"ean":         {"keyword"},
	"image":       {"image", "url"},
}

func decodeField(name string, n *yaml.Node, where string) (Field, error) {
	f := Field{Name: name, separator: strings.TrimSpace(CategorySeparator)}
	var kind, unit string
	var hasSeparator, hasMinorUnits bool
	err := strictyaml.Mapping(n, where, strictyaml.Keys{
		"path": paths(&f.paths),
		"type": strictyaml.Text(&kind),
		"search": func(n *yaml.Node, where string) error {
			return strictyaml.Mapping(n, where, strictyaml.Keys{"weight": weight(&f.Weight)})
		},
		"facet":      strictyaml.Bool(&f.Facet),
		"sort":       strictyaml.Bool(&f.Sort),
		"display":    strictyaml.Bool(&f.Display),
		"identifier": strictyaml.Bool(&f.Identifier),
		"html":       strictyaml.Bool(&f.html),
		"currency":   strictyaml.Text(&f.Currency),
		"unit":       strictyaml.Text(&unit),
		"separator":  func(n *yaml.Node, w string) error { hasSeparator = true; return strictyaml.Text(&f.separator)(n, w) },
		"minor_units": func(n *yaml.Node, w string) error {
			hasMinorUnits = true
			return strictyaml.Whole(&f.MinorUnits, 0, 4)(n, w)
		},
	})
	if err != nil {
		return f, err
	}
	if f.Kind, f.Category, err = kindOf(name, kind); err != nil {
		return f, strictyaml.Fail(n, where+".type", err.Error())
	}
	f.major = unit == "major"
	for _, rule := range []struct {
		broken      bool
		key, reason string
	}{
		{len(f.paths) == 0, "path", "is missing"},
		{f.Kind == KindText && f.Facet, "facet", "is not for text: make the field a keyword"},
		{f.Kind == KindURL && (f.Facet || f.Sort || f.Searched()), "type", "of an address can only be displayed"},
		{f.Searched() && f.Kind != KindText && f.Kind != KindKeyword, "search", "is for text and keywords"},
		{f.Identifier && !f.Searched(), "identifier", "needs search with a weight above 0"},
		{f.html && f.Kind != KindText && f.Kind != KindKeyword, "html", "is for text and keywords"},
		{hasSeparator && !f.Category, "separator", "is for categories"},
		{hasSeparator && strings.TrimSpace(f.separator) == "", "separator", "must not be blank"},
		{f.Kind == KindMoney && !currencyCode.MatchString(f.Currency), "currency", "must be an ISO 4217 code such as EUR"},
		{f.Kind == KindMoney && !hasMinorUnits, "minor_units", "is missing: digits after the point, 2 for EUR"},
		{f.Kind == KindMoney && unit != "minor" && unit != "major", "unit", "must be minor (cents) or major (euros)"},
		{f.Kind != KindMoney && (f.Currency != "" || hasMinorUnits || unit != ""), "type", "must be money to have currency, minor_units or unit"},
	} {
		if rule.broken {
			return f, strictyaml.Fail(n, where+"."+rule.key, rule.reason)
		}
	}
	return f, nil
}

var currencyCode = regexp.MustCompile(`^[A-Z]{3}$`)

// kindOf reads a field's type and holds the standard fields to theirs.
func kindOf(name, kind string) (Kind, bool, error) {
	if allowed, ok := standardKinds[name]; ok {
		found := false
		for _, a := range allowed {
			found = found || a == kind
		}
		if !found {
			return 0, false, fmt.Errorf("of %s must be %s", name, strings.Join(allowed, " or "))
		}
	}
	switch kind {
	case "category":
		return KindKeyword, true, nil
	case "image":
		return KindURL, false, nil
	}
	for k := KindText; k <= KindURL; k++ {
		if k.String() == kind {
			return k, false, nil
		}
	}
	return 0, false, errors.New("must be text, keyword, category, number, money, date, bool, image or url")
}

func (s *Schema) decodeVisibility(n *yaml.Node, where string) error {
	err := strictyaml.Mapping(n, where, strictyaml.Keys{"path": paths(&s.visibility), "values": strictyaml.Texts(&s.visible)})
	if err != nil {
		return err
	}
	if len(s.visibility) == 0 || len(s.visible) == 0 {
		return strictyaml.Fail(n, where, "needs path and values")
	}
	return nil
}

func (s *Schema) decodeRules(n *yaml.Node, where string) error {
	if n.Kind != yaml.SequenceNode {
		return strictyaml.Fail(n, where, "must be a list")
	}
	for i, item := range n.Content {
		rule, err := decodeRule(item, fmt.Sprintf("%s[%d]", where, i))
		if err != nil {
			return err
		}
		s.rules = append(s.rules, rule)
	}
	return nil
}

func decodeRule(n *yaml.Node, where string) (attributeRule, error) {
	var r attributeRule
	var pattern, kind, style string
	err := strictyaml.Mapping(n, where, strictyaml.Keys{
		"pattern": strictyaml.Text(&pattern), "type": strictyaml.Text(&kind),
		"path": strictyaml.Text(&r.path), "style": strictyaml.Text(&style),
		"name": strictyaml.Text(&r.name), "value": strictyaml.Text(&r.value),
	})
	if err != nil {
		return r, err
	}
	switch kind {
	case "", "any":
	case "text":
		r.kind = KindKeyword
	case "number":
		r.kind = KindNumber
	case "bool":
		r.kind = KindBool
	default:
		return r, strictyaml.Fail(n, where+".type", "must be any, text, number or bool")
	}
	switch {
	case pattern != "" && r.path == "" && style == "":
		var ok bool
		if r.prefix, r.suffix, ok = strings.Cut(pattern, "*"); !ok || strings.Contains(r.suffix, "*") {
			return r, strictyaml.Fail(n, where+".pattern", "must hold exactly one *")
		}
	case pattern == "" && r.path != "" && style == "object":
		r.style = styleObject
	case pattern == "" && r.path != "" && style == "pairs":
		r.style = stylePairs
		r.name, r.value = orDefault(r.name, "name"), orDefault(r.value, "value")
	default:
		return r, strictyaml.Fail(n, where, "needs pattern, or path with style object or pairs")
	}
	if r.style != stylePairs && (r.name != "" || r.value != "") {
		return r, strictyaml.Fail(n, where, "has name or value, which are for style pairs")
	}
	return r, nil
}

func orDefault(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// paths reads one dotted path or a list of alternatives.
func paths(to *[]string) strictyaml.Decode {
	return func(n *yaml.Node, where string) error {
		if err := strictyaml.Texts(to)(n, where); err != nil {
			return err
		}
		if len(*to) > 8 {
			return strictyaml.Fail(n, where, "has more than 8 alternatives")
		}
		return nil
	}
}

func weight(to *float64) strictyaml.Decode { return strictyaml.Number(to, 0, 1000) }
