package acceptance

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// The audit finds nothing wrong with a shop whose documents hold what data sheets
// of the world hold: values of several types under one name, lists, spellings,
// numbers of every size, text that looks like numbers and ranges.
func TestAuditOddShop(t *testing.T) {
	t.Parallel()
	s := newShop(t, 1)
	if _, err := s.Products.DeleteMany(t.Context(), map[string]any{}); err != nil {
		t.Fatal(err)
	}
	writeFile(t, s.productFile, oddProducts(rand.New(rand.NewPCG(1, 1)), 400))
	s.mustAisle(t, "load", s.productFile)
	v := s.startReady(t)
	for seed := range 2 {
		f := s.aisle(t, "audit", s.productFile, "--server", v.Address, "--seed", fmt.Sprint(seed), "--queries", "400")
		if f.code != 0 {
			t.Errorf("seed %d: exit %d\n%s\n%s", seed, f.code, f.out, f.err)
		}
	}
}

func oddProducts(rng *rand.Rand, n int) []byte {
	words := []string{"Café", "CAFE", " café ", "cafe\u0301", "Straße", "STRASSE", "naïve", "ΟΔΟΣ", "οδός", "Ёлка", "елка", "ﬁt", "fit",
		"½ inch", "a  b", "a\tb", "A B", "1", "1.0", "1e3", "10..20", "..5", "true", "TRUE", "Ø 5 mm", "o 5 mm", "ガス", "ｶﾞｽ", "가방",
		"null", "-", "C++", "a,b", `"quoted"`, "<b>&amp;</b>", "x=y&z", "100%", "ı", "İ", strings.Repeat("long ", 60)}
	numbers := []any{0, 1, 2, 10, 15, 20, -5, 0.1, 0.30000000000000004, 1e15, 1e-9, -1e20, 2.5, 1000}
	word := func() string { return words[rng.IntN(len(words))] }
	number := func() any { return numbers[rng.IntN(len(numbers))] }
	list := func(of func() any) []any {
		var all []any
		for range rng.IntN(4) {
			all = append(all, of())
		}
		return all
	}
	var out []byte
	for i := range n {
		attributes := map[string]any{
			"mixed":      []any{word(), number(), rng.IntN(2) == 0, list(func() any { return number() })}[rng.IntN(4)],
			"numbers":    list(func() any { return number() }),
			"many":       list(func() any { return rng.IntN(500) }),
			"words":      list(func() any { return word() }),
			"flag":       []any{true, false, "true", "yes"}[rng.IntN(4)],
			"plain":      rng.IntN(5),
			"räume (m²)": rng.Float64() * 100, "a.b": word(), "a": map[string]any{"b": word()}, "": "no name",
		}
		product := map[string]any{
			"sku": fmt.Sprintf("%s %d/%d", []string{"ODD", "odd", "Ödd"}[rng.IntN(3)], rng.IntN(10), i), "name": word() + " " + word(),
			"status": []string{"published", "published", "published", "draft"}[rng.IntN(4)], "attributes": attributes,
		}
		for field, value := range map[string]any{
			"brand": map[string]any{"name": word()}, "categories": []any{word(), word()}, "tags": list(func() any { return word() }),
			"price": map[string]any{"amount": []any{0, 1, 999, rng.IntN(100_000), -50}[rng.IntN(5)]}, "rating": rng.Float64() * 5,
			"eco": rng.IntN(2) == 0, "released_at": fmt.Sprintf("%d-%02d-%02d", 1905+rng.IntN(190), 1+rng.IntN(12), 1+rng.IntN(28)),
		} {
			if rng.IntN(5) > 0 { // anything may be missing
				product[field] = value
			}
		}
		line, err := json.Marshal(product)
		if err != nil {
			panic(err) // made of nothing but plain values
		}
		out = append(append(out, line...), '\n')
	}
	return out
}
