package shop

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aisle-search/aisle/internal/poll"
)

// Each does the same again and again by numbers of its own; who fails stops, which is
// told, and the others go on.
func TestCrew(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	first := func() []uint64 {
		crew := NewCrew(t.Context(), 7)
		drawn := make([]uint64, 2)
		var times [3]atomic.Int64
		for n := range 2 {
			crew.Hire(uint64(n), time.Millisecond, func(_ context.Context, rng *rand.Rand) error {
				if times[n].Add(1) == 1 {
					drawn[n] = rng.Uint64()
				}
				return nil
			})
		}
		crew.Hire(2, time.Millisecond, func(context.Context, *rand.Rand) error { times[2].Add(1); return broken })
		poll.Eventually(t, "all have worked", func() bool {
			return times[0].Load() > 2 && times[1].Load() > 2 && times[2].Load() > 0
		})
		if err := crew.Stop(); !errors.Is(err, broken) {
			t.Errorf("got %v, want what has failed", err)
		}
		if n := times[2].Load(); n != 1 {
			t.Errorf("what failed was done %d times", n)
		}
		return drawn
	}
	a, b := first(), first()
	if a[0] == a[1] || a[0] != b[0] || a[1] != b[1] {
		t.Errorf("drew %v and %v, want the same of two that differ", a, b)
	}
}

// Names that a Writer gives are told from those of a shop.
func TestMade(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{"Renamed 3 of P-1": true, "Replaced 999 of P 2": true, "Replacement lamp": false, "Red lamp": false, "": false} {
		if got := Made(name); got != want {
			t.Errorf("%q: got %t, want %t", name, got, want)
		}
	}
}
