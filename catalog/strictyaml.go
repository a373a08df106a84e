package catalog

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// keys are what a mapping may hold.
type keys map[string]func(n *yaml.Node, where string) error

// mapping decodes a mapping strictly. yaml's own strictness stops at custom
// decoders and names Go types; this names the schema's keys.
func mapping(n *yaml.Node, where string, allowed keys) error {
	if n.Kind != yaml.MappingNode {
		return fail(n, where, "must be a mapping")
	}
	seen := map[string]bool{}
	for i := 0; i < len(n.Content); i += 2 {
		key := n.Content[i]
		at := strings.TrimPrefix(where+"."+key.Value, ".")
		decode, ok := allowed[key.Value]
		if !ok {
			return fail(key, at, "is not a known key")
		}
		if seen[key.Value] {
			return fail(key, at, "occurs twice")
		}
		seen[key.Value] = true
		if err := decode(n.Content[i+1], at); err != nil {
			return err
		}
	}
	return nil
}

func fail(n *yaml.Node, where, reason string) error {
	return fmt.Errorf("line %d: %s", n.Line, strings.TrimSpace(where+" "+reason))
}

func text(to *string) func(*yaml.Node, string) error {
	return func(n *yaml.Node, where string) error {
		if n.Kind != yaml.ScalarNode || n.Tag == "!!null" || n.Value == "" {
			return fail(n, where, "must be text")
		}
		*to = n.Value
		return nil
	}
}

// texts reads one text or a list of them.
func texts(to *[]string) func(*yaml.Node, string) error {
	return func(n *yaml.Node, where string) error {
		items := []*yaml.Node{n}
		if n.Kind == yaml.SequenceNode {
			items = n.Content
		}
		for _, item := range items {
			var s string
			if err := text(&s)(item, where); err != nil {
				return err
			}
			*to = append(*to, s)
		}
		return nil
	}
}

// paths is texts, each a dotted path.
func paths(to *[]string) func(*yaml.Node, string) error {
	return func(n *yaml.Node, where string) error {
		if err := texts(to)(n, where); err != nil {
			return err
		}
		if len(*to) > 8 {
			return fail(n, where, "has more than 8 alternatives")
		}
		return nil
	}
}

func boolean(to *bool) func(*yaml.Node, string) error {
	return func(n *yaml.Node, where string) error {
		if n.Kind != yaml.ScalarNode || n.Tag != "!!bool" || n.Decode(to) != nil {
			return fail(n, where, "must be true or false")
		}
		return nil
	}
}

func whole(to *int, least, most int) func(*yaml.Node, string) error {
	return func(n *yaml.Node, where string) error {
		v, err := strconv.Atoi(n.Value)
		if n.Kind != yaml.ScalarNode || err != nil || v < least || v > most {
			return fail(n, where, fmt.Sprintf("must be a whole number from %d to %d", least, most))
		}
		*to = v
		return nil
	}
}

func weight(to *float64) func(*yaml.Node, string) error {
	return func(n *yaml.Node, where string) error {
		v, err := strconv.ParseFloat(n.Value, 64)
		if n.Kind != yaml.ScalarNode || err != nil || math.IsNaN(v) || v < 0 || v > 1000 {
			return fail(n, where, "must be a number from 0 to 1000")
		}
		*to = v
		return nil
	}
}
