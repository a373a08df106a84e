package limit

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"
)

// A caller may come twice as often as the rate for a moment, and then at the
// rate; another caller does not notice.
func TestLimiter(t *testing.T) {
	t.Parallel()
	clock := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	l := New(5, func() time.Time { return clock })
	for i := range 10 {
		if wait := l.Take("a"); wait != 0 {
			t.Fatalf("request %d has to wait %v, want 0", i, wait)
		}
	}
	if wait := l.Take("a"); wait != 200*time.Millisecond {
		t.Errorf("request over the bound has to wait %v, want 200ms", wait)
	}
	if wait := l.Take("b"); wait != 0 {
		t.Errorf("another caller has to wait %v, want 0", wait)
	}
	clock = clock.Add(200 * time.Millisecond)
	if wait := l.Take("a"); wait != 0 {
		t.Errorf("after waiting: has to wait %v, want 0", wait)
	}
}

// Without a rate nothing is kept.
func TestLimiterOff(t *testing.T) {
	t.Parallel()
	l := New(0, time.Now)
	for range 100 {
		if wait := l.Take("a"); wait != 0 {
			t.Fatalf("has to wait %v, want 0", wait)
		}
	}
	if n := len(l.buckets); n != 0 {
		t.Errorf("keeps %d callers, want 0", n)
	}
}

// However many callers come, memory is bounded (field report G8).
func TestLimiterForgets(t *testing.T) {
	t.Parallel()
	l := New(1, time.Now)
	for i := range 2 * maxCallers {
		l.Take(fmt.Sprint(i))
	}
	if got := l.recent.Len(); got != maxCallers || len(l.buckets) != maxCallers {
		t.Errorf("keeps %d callers in the list and %d in the map, want %d", got, len(l.buckets), maxCallers)
	}
}

// Searches beyond the bound wait for a turn, not for ever, and not too many.
func TestSlots(t *testing.T) {
	t.Parallel()
	s := NewSlots(1)
	s.patience = time.Millisecond
	release, err := s.Take(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Take(t.Context()); !errors.Is(err, ErrLate) {
		t.Errorf("no turn: got %v, want ErrLate", err)
	}
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	s.patience = time.Hour
	if _, err := s.Take(canceled); !errors.Is(err, context.Canceled) {
		t.Errorf("caller gone: got %v, want context.Canceled", err)
	}
	for range cap(s.waiting) {
		if _, ok := s.Queue(); !ok {
			t.Fatal("queue is full too early")
		}
	}
	if _, err := s.Take(t.Context()); !errors.Is(err, ErrFull) {
		t.Errorf("full queue: got %v, want ErrFull", err)
	}
	release()
	if release, err = s.Take(t.Context()); err != nil {
		t.Fatalf("free slot: got %v, want none", err)
	}
	release()
}
