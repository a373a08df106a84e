package column

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// Whatever numbers go into a column come out of it, to the bit, however narrow it is.
func TestNumberColumn(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(8, 9))
	kinds := map[string]func() float64{
		"cents":     func() float64 { return float64(r.IntN(2_000_000)) },
		"few":       func() float64 { return float64(5 * r.IntN(100)) },
		"days":      func() float64 { return float64(1_500_000_000_000 - 86_400_000*r.Int64N(9000)) },
		"below 0":   func() float64 { return float64(r.IntN(100_000) - 50_000) },
		"fractions": func() float64 { return r.Float64() * 100 },
		"halves":    func() float64 { return float64(r.IntN(100)) / 2 },
		"huge":      func() float64 { return float64(r.Int64()) },
		"far apart": func() float64 { return []float64{-MaxExact + 1, 0, 3, MaxExact - 1}[r.IntN(4)] },
		"one":       func() float64 { return 7 },
	}
	widths := map[string]int{}
	for name, number := range kinds {
		for range 50 {
			docs := 1 + r.IntN(50)
			want := make([][]float64, docs)
			held := map[float64][]uint32{}
			for doc := range want {
				for range r.IntN(3) {
					if n := number(); !slices.Contains(want[doc], n) {
						want[doc] = append(want[doc], n)
						held[n] = append(held[n], uint32(doc))
					}
				}
				slices.Sort(want[doc])
			}
			b := numbersBuilder{docs: docs}
			numbers := make([]float64, 0, len(held))
			for n := range held {
				numbers = append(numbers, n)
			}
			slices.Sort(numbers)
			for _, n := range numbers {
				b.value(n)
				for _, doc := range held[n] {
					b.document(doc)
				}
			}
			c := b.build()
			if c == nil {
				if len(held) > 0 {
					t.Fatalf("%s: nothing was built of %v", name, want)
				}
				continue
			}
			switch {
			case c.Small != nil:
				widths[name] = max(widths[name], 16)
			case c.Middle != nil:
				widths[name] = max(widths[name], 32)
			default:
				widths[name] = 64
			}
			for doc, numbers := range want {
				low, high := c.Extreme(uint32(doc), false), c.Extreme(uint32(doc), true)
				if len(numbers) == 0 {
					if !math.IsNaN(low) || !math.IsNaN(high) || len(c.AppendTo(nil, []uint32{uint32(doc)})) != 0 {
						t.Fatalf("%s: got %v..%v, want none", name, low, high)
					}
					continue
				}
				if low != numbers[0] || high != numbers[len(numbers)-1] || c.AppendTo(nil, []uint32{uint32(doc)})[0] != low {
					t.Fatalf("%s: got %v..%v, want %v", name, low, high, numbers)
				}
				if many := c.Multi[uint32(doc)]; len(numbers) > 1 && !slices.Equal(many, numbers) {
					t.Fatalf("%s: got %v, want %v", name, many, numbers)
				}
			}
		}
	}
	for name, want := range map[string]int{"cents": 32, "few": 16, "days": 16, "below 0": 32, "fractions": 64, "huge": 64, "one": 16} {
		if widths[name] != want {
			t.Errorf("%s: %d bits, want %d", name, widths[name], want)
		}
	}
}
