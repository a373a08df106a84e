package picture

import (
	_ "embed"
	"fmt"
	"maps"
	"slices"
	"strings"
)

//go:embed shapes.txt
var shapesFile string

// DefaultTint is the tint of what has neither colour nor telling material.
const DefaultTint = "sand"

// tint is a colour in four shades.
type tint struct{ base, dark, light, ground string }

func tints() map[string]tint {
	return map[string]tint{
		"black":  {"#3a3f47", "#23272d", "#5d6570", "#e9ebee"},
		"grey":   {"#8a919b", "#666d77", "#b6bcc4", "#eff0f2"},
		"steel":  {"#b4bcc5", "#8a949f", "#dde2e7", "#eef1f4"},
		"white":  {"#f7f5f0", "#d3cec3", "#ffffff", "#dfe4e8"},
		"beige":  {"#d9c7a8", "#b59f79", "#ebdfc9", "#f6f1e8"},
		"sand":   {"#c9b291", "#a18a68", "#dfcfb6", "#f5f0e8"},
		"red":    {"#c8413b", "#98302b", "#e0736d", "#f8eae8"},
		"orange": {"#d9793f", "#a9582a", "#eca074", "#faeee5"},
		"yellow": {"#e0b03a", "#b08522", "#f0cd78", "#fbf4e0"},
		"green":  {"#6f9466", "#4d6e46", "#9cba94", "#edf3eb"},
		"teal":   {"#2f8288", "#1e5f65", "#63a9ae", "#e5f1f2"},
		"blue":   {"#4672b0", "#305288", "#7d9fd0", "#e9eff7"},
		"pink":   {"#dc9aa6", "#b8717f", "#ecc0c8", "#faeff1"},
		"purple": {"#80659f", "#5d4679", "#aa94c2", "#f0ecf5"},
		"brown":  {"#96684a", "#6d4830", "#b98d70", "#f4ece6"},
	}
}

// Shapes returns the names of all drawings in order.
func Shapes() []string { return slices.Sorted(maps.Keys(shapes())) }

// Tints returns the names of all tints in order.
func Tints() []string { return slices.Sorted(maps.Keys(tints())) }

// SVG draws a shape in a tint.
func SVG(shape, tintName string) ([]byte, error) {
	drawing, ok := shapes()[shape]
	if !ok {
		return nil, fmt.Errorf("there is no shape %q", shape)
	}
	t, ok := tints()[tintName]
	if !ok {
		return nil, fmt.Errorf("there is no tint %q", tintName)
	}
	const frame = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 200" width="400" height="400">` +
		`<path fill="{g}" d="M0 0h200v200H0z"/><circle cx="100" cy="98" r="80" fill="#fff" opacity=".45"/>` + "\n%s</svg>\n"
	svg := strings.NewReplacer(
		"{a}", t.base, "{d}", t.dark, "{l}", t.light, "{g}", t.ground,
		"{k}", "#2b2f36", "{s}", "#aab3bd", "{w}", "#c49b6c", "{p}", "#fdfcf9",
	).Replace(fmt.Sprintf(frame, drawing))
	return []byte(svg), nil
}

// shapes reads the drawings: a line "= name", then elements. {a}, {d} and {l}
// are the tint's base, dark and light shade, {k} ink, {s} steel, {w} wood and
// {p} paper.
func shapes() map[string]string {
	all := map[string]string{}
	for block := range strings.SplitSeq("\n"+shapesFile, "\n= ") {
		if name, drawing, ok := strings.Cut(block, "\n"); ok && name != "" {
			all[name] = strings.TrimRight(drawing, "\n") + "\n"
		}
	}
	return all
}
