package retry

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

// Waits are the waits between attempts at something that is tried for ever.
func Waits() *backoff.ExponentialBackOff {
	b := backoff.NewExponentialBackOff()
	b.InitialInterval = firstWait
	b.MaxInterval = longWait
	return b
}

// Sleep waits for a time, and returns false when ctx ended first.
func Sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
