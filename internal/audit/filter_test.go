package audit

import "testing"

// Filters take values, ranges and days as the contract says.
func TestPasses(t *testing.T) {
	t.Parallel()
	shop := NewShop([]Field{{Name: "brand", Kind: Keyword}, {Name: "price", Kind: Money}, {Name: "released", Kind: Date}}, []Product{{
		ID:       "1",
		Keywords: map[string][]string{"brand": {"Café", " ACME "}, "attr.size": {"10", "..5"}},
		Numbers: map[string][]float64{"price": {1999}, "attr.width": {2.5, 80}, "attr.size": {3},
			"released": {1260403200000}}, // 2009-12-10
	}})
	tests := []struct {
		name, value string
		want        bool
	}{
		{"brand", "cafe", true}, {"brand", "acme", true}, {"brand", "acm", false}, {"brand", "1999", false},
		{"price", "1999", true}, {"price", "1998..1999", true}, {"price", "1999..", true}, {"price", "..1998", false}, {"price", "2000..", false},
		{"attr.width", "2.50", true}, {"attr.width", "3..79", false}, {"attr.width", "3..80", true},
		{"attr.size", "10", true}, {"attr.size", "3", true}, {"attr.size", "4..20", false}, {"attr.size", "..5", true}, {"attr.size", "..2", false},
		{"attr.unknown", "1..", false},
		{"released", "2009-12-10", true}, {"released", "2009-12-11..", false}, {"released", "..2009-12-10", true},
		{"released", "2009-12-10T00:00:00Z", true}, {"released", "2009-12-10T00:00:00.001Z..", false},
	}
	for _, tt := range tests {
		if got := shop.filter(tt.name, []string{tt.value}).passes(shop.products[0]); got != tt.want {
			t.Errorf("%s=%s: got %t, want %t", tt.name, tt.value, got, tt.want)
		}
	}
}

// Of several numbers the one counts that comes first; those without come last.
func TestOrder(t *testing.T) {
	t.Parallel()
	number := func(id string, n ...float64) Product {
		return Product{ID: id, Numbers: map[string][]float64{"price": n}}
	}
	shop := NewShop([]Field{{Name: "price", Kind: Money, Sort: true}}, []Product{
		number("a", 5), number("b"), number("c", 1, 9), number("d", 5), number("e"),
	})
	for sort, want := range map[string]string{"price": "cadbe", "-price": "cadbe", "title": "abcde"} {
		got := ""
		for _, it := range shop.ordered(shop.products, sort) {
			got += it.ID
		}
		if got != want {
			t.Errorf("sorted by %s: got %s, want %s", sort, got, want)
		}
	}
}
