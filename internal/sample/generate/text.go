package generate

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

// slot is a place in a template: {name}, with ~ for small letters, and what is
// to stand before a value that is there: {, size}.
var slot = regexp.MustCompile(`\{(~?)([^a-z~}]*)([a-z][a-z0-9_]*)\}`)

// fill replaces the slots. One without a value is an error unless it brings
// text of its own before it.
func fill(template string, values map[string]string) (string, error) {
	var missing string
	filled := slot.ReplaceAllStringFunc(template, func(found string) string {
		parts := slot.FindStringSubmatch(found)
		value, known := values[parts[3]]
		if value == "" {
			if !known && parts[2] == "" {
				missing = parts[3]
			}
			return ""
		}
		if parts[1] == "~" {
			value = small(value)
		}
		return parts[2] + value
	})
	if missing != "" {
		return "", fmt.Errorf("%q: nothing for %q", template, missing)
	}
	return strings.Join(strings.Fields(filled), " "), nil
}

// small writes words in small letters, but not abbreviations and codes.
func small(text string) string {
	words := strings.Fields(text)
	for i, word := range words {
		capitals, digits := 0, 0
		for _, r := range word {
			if unicode.IsUpper(r) {
				capitals++
			}
			if unicode.IsDigit(r) {
				digits++
			}
		}
		if capitals < 2 && digits == 0 {
			words[i] = strings.ToLower(word)
		}
	}
	return strings.Join(words, " ")
}

// show writes an attribute's value as people do.
func show(value any) string {
	switch v := value.(type) {
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case bool:
		if v {
			return "yes"
		}
		return "no"
	}
	return fmt.Sprint(value)
}

// script is which sentences describe the products of a group.
func (g *group) script() string {
	k := g.kind
	sentences := []string{k.Lead[g.index%len(k.Lead)]}
	say := shuffled(g.random, g.design.Say)
	sentences = append(sentences, say[:min(len(say), 2)]...)
	more := shuffled(g.random, k.More)
	sentences = append(sentences, more[:min(len(more), 1+g.random.IntN(2))]...)
	if len(g.brand.About) > 0 && g.random.IntN(3) == 0 {
		sentences = append(sentences, g.brand.About[g.random.IntN(len(g.brand.About))])
	}
	if len(k.Care) > 0 && g.random.IntN(3) > 0 {
		sentences = append(sentences, k.Care[g.random.IntN(len(k.Care))])
	}
	return strings.Join(sentences, " ")
}

// write fills title and description.
func (g *group) write(p *product, v variant, script string) (err error) {
	values := map[string]string{
		"brand": g.brand.Name, "line": g.line, "name": g.name(), "kind": g.kind.Name,
		"size": v.size.shown, "colour": v.colour.shown,
	}
	for name, value := range p.attributes {
		if _, taken := values[name]; !taken {
			values[name] = show(value)
		}
	}
	title := g.kind.Title
	if title == "" {
		title = defaultTitle
	}
	if p.title, err = fill(title, values); err != nil {
		return err
	}
	p.description, err = fill(script, values)
	return err
}
