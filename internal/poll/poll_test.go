package poll

import (
	"context"
	"errors"
	"testing"
	"time"
)

// A wait ends by what is asked for, by an error, by its patience or by its context.
func TestUntil(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for _, tt := range []struct {
		name     string
		ctx      context.Context
		patience time.Duration
		answer   func(n int) (bool, error)
		ok       bool
		err      error
	}{
		{"at once", ended, time.Hour, func(int) (bool, error) { return true, nil }, true, nil},
		{"at last", t.Context(), time.Hour, func(n int) (bool, error) { return n == 3, nil }, true, nil},
		{"an error", t.Context(), time.Hour, func(n int) (bool, error) { return false, broken }, false, broken},
		{"too late", t.Context(), time.Millisecond, func(int) (bool, error) { return false, nil }, false, nil},
		{"told to end", ended, time.Hour, func(int) (bool, error) { return false, nil }, false, context.Canceled},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			n := 0
			ok, err := Until(tt.ctx, tt.patience, time.Millisecond, func() (bool, error) { n++; return tt.answer(n) })
			if ok != tt.ok || !errors.Is(err, tt.err) {
				t.Errorf("got %t, %v, want %t, %v", ok, err, tt.ok, tt.err)
			}
		})
	}
}
