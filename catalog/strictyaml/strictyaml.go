// Package strictyaml decodes YAML files in which every key must be known, with
// errors that name the line and the key.
package strictyaml

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Decode reads the value of a key; where names it in errors, as "fields.title".
type Decode = func(n *yaml.Node, where string) error

// Keys are what a mapping may hold.
type Keys map[string]Decode

// Mapping decodes a mapping strictly. yaml's own strictness stops at custom
// decoders and names Go types; this names the file's keys.
func Mapping(n *yaml.Node, where string, allowed Keys) error {
	if n.Kind != yaml.MappingNode {
		return Fail(n, where, "must be a mapping")
	}
	seen := map[string]bool{}
	for i := 0; i < len(n.Content); i += 2 {
		key := n.Content[i]
		at := strings.TrimPrefix(where+"."+key.Value, ".")
		decode, ok := allowed[key.Value]
		if !ok {
			return Fail(key, at, "is not a known key")
		}
		if seen[key.Value] {
			return Fail(key, at, "occurs twice")
		}
		seen[key.Value] = true
		if err := decode(n.Content[i+1], at); err != nil {
			return err
		}
	}
	return nil
}

// Fail is an error that names the line and the key.
func Fail(n *yaml.Node, where, reason string) error {
	return fmt.Errorf("line %d: %s", n.Line, strings.TrimSpace(where+" "+reason))
}

// Text reads a text that is not empty.
func Text(to *string) Decode {
	return func(n *yaml.Node, where string) error {
		if n.Kind != yaml.ScalarNode || n.Tag == "!!null" || n.Value == "" {
			return Fail(n, where, "must be text")
		}
		*to = n.Value
		return nil
	}
}

// Texts reads one text or a list of them.
func Texts(to *[]string) Decode {
	return func(n *yaml.Node, where string) error {
		items := []*yaml.Node{n}
		if n.Kind == yaml.SequenceNode {
			items = n.Content
		}
		for _, item := range items {
			var s string
			if err := Text(&s)(item, where); err != nil {
				return err
			}
			*to = append(*to, s)
		}
		return nil
	}
}

// Bool reads true or false.
func Bool(to *bool) Decode {
	return func(n *yaml.Node, where string) error {
		if n.Kind != yaml.ScalarNode || n.Tag != "!!bool" || n.Decode(to) != nil {
			return Fail(n, where, "must be true or false")
		}
		return nil
	}
}

// Whole reads a whole number between two bounds.
func Whole(to *int, least, most int) Decode {
	return func(n *yaml.Node, where string) error {
		v, err := strconv.Atoi(n.Value)
		if n.Kind != yaml.ScalarNode || err != nil || v < least || v > most {
			return Fail(n, where, fmt.Sprintf("must be a whole number from %d to %d", least, most))
		}
		*to = v
		return nil
	}
}

// Number reads a finite number between two bounds.
func Number(to *float64, least, most float64) Decode {
	return func(n *yaml.Node, where string) error {
		v, err := strconv.ParseFloat(n.Value, 64)
		if n.Kind != yaml.ScalarNode || err != nil || math.IsNaN(v) || v < least || v > most {
			return Fail(n, where, fmt.Sprintf("must be a number from %g to %g", least, most))
		}
		*to = v
		return nil
	}
}
