package facet

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
	}
}

// The tail begins with the first of the numbers equal to that at nine tenths, whatever
// the division.
func TestTail(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 6))
	for range 2000 {
		numbers := make([]float64, 1+r.IntN(60))
		for i := range numbers {
			numbers[i] = float64(r.IntN(1+r.IntN(500))) / float64(1+r.IntN(2))
		}
		sorted := slices.Sorted(slices.Values(numbers))
		d := newDivision(sorted[0], sorted[len(sorted)-1], 1+r.IntN(12), false)
		most, n, last := d.tail(numbers, d.count(numbers))
		wantMost := sorted[len(sorted)*9/10]
		wantN, _ := slices.BinarySearch(sorted, wantMost)
		if most != wantMost || n != wantN || n > 0 && last != sorted[n-1] {
			t.Fatalf("%v: got %v, %d, %v, want %v, %d", sorted, most, n, last, wantMost, wantN)
		}
	}
}
