package search

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestNth(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	for range 2000 {
		numbers := make([]float64, 1+r.IntN(60))
		for i := range numbers {
			numbers[i] = float64(r.IntN(1 + r.IntN(50)))
		}
		sorted := slices.Sorted(slices.Values(numbers))
		n := r.IntN(len(numbers))
		if got := nth(numbers, n); got != sorted[n] {
			t.Fatalf("nth %d of %v: got %v, want %v", n, sorted, got, sorted[n])
		}
		if got := slices.Sorted(slices.Values(numbers)); !slices.Equal(got, sorted) {
			t.Fatalf("nth changed %v to %v", sorted, got)
		}
		want, _ := slices.BinarySearch(sorted, sorted[n])
		if got := below(numbers, sorted[n]); got != want || slices.ContainsFunc(numbers[:got], func(x float64) bool { return x >= sorted[n] }) {
			t.Fatalf("below %v: got %d, want %d", sorted[n], got, want)
		}
	}
}
