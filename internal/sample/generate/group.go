package generate

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// group makes the variants of one product.
type group struct {
	*shop
	kind   *kind
	brand  brand
	design design
	line   string
	index  int
	random *rand.Rand
}

// chooseLine takes a line that the brand has no such product of yet.
func (g *group) chooseLine(used map[string]bool) error {
	for range 200 {
		g.line = g.newLine()
		key := g.brand.Name + g.line
		if g.kind.Model == "" {
			key += g.name()
		}
		if !used[key] {
			used[key] = true
			return nil
		}
	}
	return fmt.Errorf("brand %q has too few lines", g.brand.Name)
}

func (g *group) newLine() string {
	if g.kind.Model == "" {
		return g.brand.Lines[g.random.IntN(len(g.brand.Lines))]
	}
	var line strings.Builder
	for _, r := range strings.ReplaceAll(g.kind.Model, "{brand}", g.brand.Code[:1]) {
		if r == '#' {
			r = '1' + rune(g.random.IntN(9))
		}
		line.WriteRune(r)
	}
	return line.String()
}

func (g *group) name() string {
	if g.design.Name != "" {
		return g.design.Name
	}
	return g.kind.Name
}

func (g *group) products() ([]product, error) {
	attributes := g.sharedAttributes()
	price := g.kind.Price * orOne(g.design.Factor) * orOne(g.brand.Factor) * (0.88 + 0.3*g.random.Float64())
	age := int(5 * 365 * math.Pow(g.random.Float64(), 1.3))
	popularity := orOne(g.kind.Demand) * math.Pow(1-g.random.Float64(), -0.8) * (1 + math.Exp(-float64(age)/200))
	script := g.script()
	family := fmt.Sprintf("%s-%s%d", g.brand.Code, g.kind.Code, 100*(g.index+10)+g.random.IntN(100))
	variants := g.variants()
	var all []product
	for i, v := range variants {
		p := product{
			sku:        family + g.suffix(v),
			brand:      g.brand.Name,
			categories: strings.Split(g.kind.Path, " > "),
			cents:      ending(price*v.size.factor*v.colour.factor, g.brand.Ending),
			released:   newest.AddDate(0, 0, -max(0, age-30*i)).Format(time.DateOnly),
			status:     "published",
			image:      g.image(g.kind.Picture, v.colour.shown, attributes),
			attributes: maps.Clone(attributes),
			kind:       g.kind.Name,
			group:      family,
			popularity: popularity * (0.4 + g.random.Float64()),
		}
		if len(variants) > 1 {
			p.family = family
		}
		g.addVariant(&p, v)
		g.judge(&p, age)
		if err := g.write(&p, v, script); err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, nil
}

// sharedAttributes are those that all variants have.
func (g *group) sharedAttributes() map[string]any {
	shared := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(g.kind.Options)) {
		shared[name] = pick(g.random, g.kind.Options[name])
	}
	for name, value := range g.design.Attrs {
		if n, ok := value.(int); ok {
			value = float64(n)
		}
		shared[name] = value
	}
	return shared
}

// variant is one combination of size and colour.
type variant struct{ size, colour choice }

// variants takes neighbouring sizes and any colours, sizes within a colour.
func (g *group) variants() []variant {
	none := []choice{{factor: 1}}
	sizes, colours := g.kind.Sizes.choices(), g.kind.Colours.choices()
	if len(sizes) == 0 {
		sizes = none
	} else {
		take := min(g.take(g.kind.Sizes), len(sizes))
		from := g.random.IntN(len(sizes) - take + 1)
		sizes = sizes[from : from+take]
	}
	if len(colours) == 0 {
		colours = none
	} else {
		colours = shuffled(g.random, colours)[:min(g.take(g.kind.Colours), len(colours))]
	}
	var all []variant
	for _, c := range colours {
		for _, s := range sizes {
			all = append(all, variant{size: s, colour: c})
		}
	}
	return all[:min(len(all), maxVariants)]
}

// take is how many values of an axis a product has: about as many as described.
func (g *group) take(a *axis) int {
	take := a.Take
	if take == 0 {
		take = defaultTake
	}
	return max(1, take-g.random.IntN(2))
}

func (g *group) addVariant(p *product, v variant) {
	if v.size.value != nil {
		p.attributes[g.kind.Sizes.Attr] = v.size.value
	}
	if v.colour.value != nil {
		p.attributes["colour"] = v.colour.shown
		p.attributes["colour_family"] = g.colours[v.colour.shown].Family
	}
}

// suffix ends the part number of a variant: its size and colour.
func (g *group) suffix(v variant) string {
	suffix := ""
	if v.size.value != nil {
		suffix = strings.ToUpper(strings.NewReplacer(" ", "", ".", "").Replace(show(v.size.value)))
		suffix = suffix[:min(4, len(suffix))]
	}
	if v.colour.value != nil {
		suffix += g.colours[v.colour.shown].Code
	}
	if suffix == "" {
		return ""
	}
	return "-" + suffix
}

func giftDepartments() []string { return []string{"Toys", "Kitchen", "Home", "Office"} }

// judge adds what shops say about a product: stars, tags, whether it is green.
func (g *group) judge(p *product, age int) {
	if g.random.IntN(12) > 0 {
		p.rating = math.Round(10*(4.9-1.4*math.Pow(g.random.Float64(), 1.7))) / 10
	}
	material := show(p.attributes["material"])
	for _, word := range []string{"Organic", "Recycled", "Bamboo", "Cork", "Linen", "Beech", "Oak"} {
		p.eco = p.eco || strings.HasPrefix(material, word)
	}
	p.eco = p.eco || p.attributes["organic"] == true || p.attributes["recycled"] == true || p.attributes["vegan"] == true
	for _, t := range []struct {
		tag  string
		when bool
	}{
		{"new", age < 90},
		{"bestseller", p.popularity > 12},
		{"gift idea", slices.Contains(giftDepartments(), p.categories[0]) && g.index%3 == 0},
		{"vegan", p.attributes["vegan"] == true},
		{"handmade", p.attributes["handmade"] == true},
		{"made to last", orOne(g.brand.Factor) >= 1.25},
	} {
		if t.when {
			p.tags = append(p.tags, t.tag)
		}
	}
}

func orOne(f float64) float64 {
	if f == 0 {
		return 1
	}
	return f
}
