package generate

import (
	"bytes"
	"embed"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

//go:embed data
var dataFiles embed.FS

// kind describes one sort of product, for instance frying pans.
type kind struct {
	Name     string            `yaml:"kind"`
	Code     string            `yaml:"code"` // in part numbers
	Path     string            `yaml:"path"` // category levels joined by " > "
	Picture  string            `yaml:"picture"`
	Brands   words             `yaml:"brands"`
	Model    string            `yaml:"model"` // instead of the brand's lines; # is a digit
	Title    string            `yaml:"title"` // template; empty is defaultTitle
	Groups   int               `yaml:"groups"`
	Price    float64           `yaml:"price"` // euros, of the plainest design
	Sizes    *axis             `yaml:"sizes"`
	Colours  *axis             `yaml:"colours"`
	GoesWith words             `yaml:"goes_with"` // kinds that are bought along
	Demand   float64           `yaml:"demand"`    // how much is sold; 0 is 1
	Designs  []design          `yaml:"designs"`
	Options  map[string]string `yaml:"options"`
	Lead     []string          `yaml:"lead"` // first sentences
	More     []string          `yaml:"more"`
	Care     []string          `yaml:"care"` // last sentences
}

// design is one way of making a kind: what belongs together.
type design struct {
	Name   string         `yaml:"name"` // in titles; empty is the kind's
	Factor float64        `yaml:"factor"`
	Attrs  map[string]any `yaml:"attrs"`
	Say    []string       `yaml:"say"`
}

// axis is what the variants of a product differ in.
type axis struct {
	Attr   string `yaml:"attr"`
	Unit   string `yaml:"unit"`
	Show   string `yaml:"show"` // how a title shows a value: {} is the value
	Values words  `yaml:"values"`
	Take   int    `yaml:"take"` // variants of a product
}

// brand is a made-up maker.
type brand struct {
	Name   string   `yaml:"name"`
	Code   string   `yaml:"code"`
	Factor float64  `yaml:"factor"` // of prices
	Ending string   `yaml:"ending"` // how prices end: 99, 95, 90 or 00
	Lines  words    `yaml:"lines"`
	About  []string `yaml:"about"`
}

// words is a list that may be written as one text with commas.
type words []string

// UnmarshalYAML implements yaml.Unmarshaler.
func (w *words) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.SequenceNode {
		return n.Decode((*[]string)(w))
	}
	for word := range strings.SplitSeq(n.Value, ",") {
		*w = append(*w, strings.TrimSpace(word))
	}
	return nil
}

// loadData reads a data file, or all files of a folder as one list, strictly.
func loadData[T any](pattern string) ([]T, error) {
	names, err := fs.Glob(dataFiles, "data/"+pattern)
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	var all []T
	for _, name := range names {
		data, err := dataFiles.ReadFile(name)
		if err != nil {
			return nil, err
		}
		var some []T
		decoder := yaml.NewDecoder(bytes.NewReader(data))
		decoder.KnownFields(true)
		if err := decoder.Decode(&some); err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		all = append(all, some...)
	}
	return all, nil
}

// choice is a value of an axis with its factor of the price.
type choice struct {
	value  any
	shown  string
	factor float64
}

// choices reads an axis: "24" or "28*1.2" with a factor.
func (a *axis) choices() []choice {
	if a == nil {
		return nil
	}
	var all []choice
	for _, word := range a.Values {
		text, factor, _ := strings.Cut(word, "*")
		text = strings.TrimSpace(text)
		c := choice{value: scalar(text), shown: text, factor: 1}
		if f, err := strconv.ParseFloat(strings.TrimSpace(factor), 64); err == nil {
			c.factor = f
		}
		switch {
		case a.Show != "":
			c.shown = strings.ReplaceAll(a.Show, "{}", text)
		case a.Unit != "":
			c.shown = text + " " + a.Unit
		}
		all = append(all, c)
	}
	return all
}

// scalar reads a number or a boolean, or leaves the text.
func scalar(text string) any {
	if n, err := strconv.ParseFloat(text, 64); err == nil {
		return n
	}
	if b, err := strconv.ParseBool(text); err == nil && len(text) > 1 {
		return b
	}
	return text
}

// pick chooses a value of an option: "a | b | c", or "low..high/step".
func pick(random *rand.Rand, option string) any {
	bounds, step, isRange := strings.Cut(option, "/")
	low, high, hasBounds := strings.Cut(bounds, "..")
	if isRange && hasBounds {
		from, to, by := number(low), number(high), number(step)
		steps := int((to-from)/by + 0.5)
		value := from + by*float64(random.IntN(steps+1))
		rounded, _ := strconv.ParseFloat(strconv.FormatFloat(value, 'f', 2, 64), 64)
		return rounded
	}
	values := strings.Split(option, "|")
	return scalar(strings.TrimSpace(values[random.IntN(len(values))]))
}

func number(text string) float64 {
	n, _ := strconv.ParseFloat(strings.TrimSpace(text), 64) // TestData checks the options
	return n
}
