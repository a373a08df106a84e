package generate

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aisle-search/aisle/internal/sample/picture"
)

const root = "../../.."

// The files in the repository are those that the generator writes, to the byte,
// and there are no others among the pictures.
func TestFilesAreUpToDate(t *testing.T) {
	t.Parallel()
	files := generated(t)
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is out of date: run go run ./internal/sample/cmd/generate", name)
		}
	}
	pictures, err := os.ReadDir(filepath.Join(root, PictureFolder))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range pictures {
		if files[PictureFolder+"/"+p.Name()] == nil {
			t.Errorf("picture %s is of no product", p.Name())
		}
	}
}

func generated(t *testing.T) map[string][]byte {
	t.Helper()
	files, err := Files()
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func catalogueOf(t *testing.T) (*shop, []product) {
	t.Helper()
	s, err := loadShop()
	if err != nil {
		t.Fatal(err)
	}
	products, err := s.catalogue()
	if err != nil {
		t.Fatal(err)
	}
	return s, products
}

// Part numbers, EANs and titles are of one product each; what belongs to every
// product of a kind is there.
func TestProducts(t *testing.T) {
	t.Parallel()
	_, products := catalogueOf(t)
	if len(products) < 1900 || len(products) > 2200 {
		t.Errorf("%d products, want about 2,000", len(products))
	}
	seen := map[string]string{}
	for _, p := range products {
		for _, key := range []string{"sku " + p.sku, "ean " + p.ean, "title " + p.title} {
			if other := seen[key]; other != "" && key != "ean " {
				t.Errorf("%s and %s have the same %s", other, p.sku, key)
			}
			seen[key] = p.sku
		}
		if p.ean != "" && !validEAN(p.ean) {
			t.Errorf("%s: EAN %s has a wrong check digit", p.sku, p.ean)
		}
		if strings.ContainsAny(p.title+p.description, "{}") && !strings.HasPrefix(p.sku, "ODD") {
			t.Errorf("%s: a slot is left: %s", p.sku, p.description)
		}
	}
}

func validEAN(ean string) bool {
	return len(ean) == 13 && int(ean[12]-'0') == checkDigit(ean[:12])
}

// Check digits by hand: 4006381333931 and 0884420588030 are printed on goods.
func TestCheckDigit(t *testing.T) {
	t.Parallel()
	for digits, want := range map[string]int{"400638133393": 1, "088442058803": 0, "200000000000": 8} {
		if got := checkDigit(digits); got != want {
			t.Errorf("%s: got %d, want %d", digits, got, want)
		}
	}
}

func TestPriceEndings(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		euros float64
		style string
		cents int64
	}{
		{2.63, "99", 259}, {0.2, "99", 49}, {12.3, "99", 1199}, {12.3, "95", 1195}, {12.3, "90", 1190}, {12.6, "00", 1300},
		{63.1, "99", 6499}, {148, "00", 14800}, {148, "95", 14895}, {343, "99", 33999}, {1234, "99", 124900},
	} {
		if got := ending(test.euros, test.style); got != test.cents {
			t.Errorf("%v with %s: got %d, want %d", test.euros, test.style, got, test.cents)
		}
	}
}

func TestFill(t *testing.T) {
	t.Parallel()
	values := map[string]string{"name": "LED Desk Lamp", "size": "", "colour": "Sky Blue", "material": "USB-C"}
	for template, want := range map[string]string{
		"{name}{, size}{, colour}": "LED Desk Lamp, Sky Blue",
		"A {~name} in {~colour}.":  "A LED desk lamp in sky blue.",
		"With {~material}.":        "With USB-C.",
	} {
		if got, err := fill(template, values); err != nil || got != want {
			t.Errorf("%s: got %q, %v, want %q", template, got, err, want)
		}
	}
	if _, err := fill("{weight_g} g", values); err == nil {
		t.Error("a slot without a value passed")
	}
}

// Every relation of a kind names a kind that there is, every shape is used, and
// every option is one that pick understands.
func TestData(t *testing.T) {
	t.Parallel()
	s, products := catalogueOf(t)
	names := map[string]bool{}
	for _, k := range s.kinds {
		if names[k.Name] {
			t.Errorf("kind %q is described twice", k.Name)
		}
		names[k.Name] = true
	}
	for _, k := range s.kinds {
		for _, other := range k.GoesWith {
			if !names[other] {
				t.Errorf("kind %q goes with %q, which there is not", k.Name, other)
			}
		}
		for name, option := range k.Options {
			if strings.Contains(option, "..") != strings.Contains(option, "/") {
				t.Errorf("kind %q: option %s: %q is no range low..high/step", k.Name, name, option)
			}
		}
		for _, c := range k.Colours.choices() {
			if _, ok := s.colours[c.shown]; !ok {
				t.Errorf("kind %q: colour %q is not described", k.Name, c.shown)
			}
		}
	}
	used := map[string]bool{}
	for _, p := range products {
		shape, _, _ := strings.Cut(strings.TrimPrefix(p.image, imageFolder), "-")
		used[shape] = true
	}
	for _, shape := range picture.Shapes() {
		if !used[shape] {
			t.Errorf("shape %s is of no product", shape)
		}
	}
}

// There are forty queries; each has something that is just right and something
// that is not, and only products that can be found are judged.
func TestJudgments(t *testing.T) {
	t.Parallel()
	_, products := catalogueOf(t)
	published := map[string]bool{}
	for _, p := range products {
		published[p.sku] = p.status == "published"
	}
	ratings := map[string]map[string]int{}
	for line := range strings.Lines(string(generated(t)["testdata/judgments.csv"])) {
		cells := strings.Split(strings.TrimSpace(line), ",")
		if len(cells) != 3 || cells[0] == "query" {
			continue
		}
		if ratings[cells[0]] == nil {
			ratings[cells[0]] = map[string]int{}
		}
		ratings[cells[0]][cells[2]]++
		if !published[cells[1]] {
			t.Errorf("%s is judged and cannot be found", cells[1])
		}
	}
	if len(ratings) != 40 {
		t.Errorf("%d queries, want 40", len(ratings))
	}
	for query, n := range ratings {
		if n["3"] == 0 || n["0"] == 0 {
			t.Errorf("%q: ratings %v, want some of 3 and some of 0", query, n)
		}
	}
}

// Orders are of published products with a price, oldest first, and a tenth of
// the products has about half of the sales.
func TestOrders(t *testing.T) {
	t.Parallel()
	_, products := catalogueOf(t)
	prices := map[string]int64{}
	for _, p := range products {
		if p.status == "published" {
			prices[p.sku] = p.cents
		}
	}
	last, lastID, lines := 1e9, "", 0
	for text := range bytes.Lines(generated(t)["testdata/orders.jsonl"]) {
		var o order
		if err := json.Unmarshal(text, &o); err != nil {
			t.Fatal(err)
		}
		if o.AgeDays > last || o.AgeDays < 0 || o.AgeDays > orderDays {
			t.Errorf("order %s is %v days old after one of %v", o.ID, o.AgeDays, last)
		}
		if len(o.ID) != 36 || o.ID[14] != '7' || o.ID[:18] < lastID {
			t.Errorf("order id %s is no later UUID of version 7 than %s", o.ID, lastID)
		}
		last, lastID = o.AgeDays, o.ID[:13]
		for _, l := range o.Lines {
			lines++
			if prices[l.Product] == 0 || prices[l.Product] != l.Cents || l.Quantity < 1 {
				t.Errorf("order %s: line %+v, price %d", o.ID, l, prices[l.Product])
			}
		}
	}
	if lines < 4000 {
		t.Errorf("%d lines, want several thousand", lines)
	}
}

// An attribute is of one type in all kinds, so that its facet is of one kind.
func TestAttributeTypes(t *testing.T) {
	t.Parallel()
	_, products := catalogueOf(t)
	types := map[string]string{}
	for _, p := range products {
		for name, value := range p.attributes {
			got := fmt.Sprintf("%T", value)
			if got == "int" {
				got = "float64" // of the odd products: JSON has one kind of number
			}
			if want := types[name]; want != "" && want != got {
				t.Errorf("%s: %s is %s, elsewhere %s", p.sku, name, got, want)
			}
			types[name] = got
		}
	}
	if len(types) < 150 {
		t.Errorf("%d attributes, want a rich catalogue", len(types))
	}
}
