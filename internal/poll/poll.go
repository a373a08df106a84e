package poll

import (
	"context"
	"testing"
	"time"
)

// Until asks every so often until it holds. It is false, without an error, when that
// has taken longer than the patience.
func Until(ctx context.Context, patience, every time.Duration, holds func() (bool, error)) (bool, error) {
	end := time.NewTimer(patience)
	defer end.Stop()
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		if ok, err := holds(); ok || err != nil {
			return ok, err
		}
		select {
		case <-tick.C:
		case <-end.C:
			return false, nil
		case <-ctx.Done():
			return false, ctx.Err()
		}
	}
}

const (
	// Patience is how long a condition of a test may take to come true, on a busy
	// machine; none is expected to take it.
	Patience  = 2 * time.Minute
	testEvery = 10 * time.Millisecond
)

// Eventually asks until it holds, or fails the test. It does not end with the test's
// context, so that it can be used in a clean-up.
func Eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	ok, _ := Until(context.Background(), Patience, testEvery, func() (bool, error) { return holds(), nil })
	if !ok {
		t.Fatalf("still not so after %s: %s", Patience, what)
	}
}
