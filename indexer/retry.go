package indexer

import (
	"context"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// Bounds of the waits between attempts; each is jittered by half.
const (
	firstWait = 200 * time.Millisecond
	longWait  = 10 * time.Second
)

func newBackoff() *backoff.ExponentialBackOff {
	b := backoff.NewExponentialBackOff()
	b.InitialInterval = firstWait
	b.MaxInterval = longWait
	return b
}

// sleep waits for a time, and returns false when ctx ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
