package retry

import (
	"context"
	"testing"
	"time"
)

// Waits grow, are jittered and stay bounded.
func TestWaits(t *testing.T) {
	t.Parallel()
	waits := Waits()
	if first := waits.NextBackOff(); first < firstWait/2 || first > firstWait*3/2 {
		t.Errorf("the first wait is %v", first)
	}
	var last time.Duration
	for range 100 {
		last = waits.NextBackOff()
		if last <= 0 || last > longWait*3/2 {
			t.Fatalf("got a wait of %v", last)
		}
	}
	if last < longWait/2 {
		t.Errorf("the last wait is %v", last)
	}
}

// A sleep ends with its context.
func TestSleep(t *testing.T) {
	t.Parallel()
	if !Sleep(t.Context(), time.Millisecond) {
		t.Error("it did not sleep to the end")
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if Sleep(ended, time.Hour) {
		t.Error("it says that it has slept for an hour")
	}
}
