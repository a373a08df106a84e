package answers

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// clock is moved by hand.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

var limits = Limits{Bytes: 1000, Soft: time.Second, Hard: time.Minute, Timeout: time.Minute}

func answer(value string, view uint64) func(context.Context) (Answer[string], error) {
	return func(context.Context) (Answer[string], error) {
		return Answer[string]{Value: value, Version: Version{1, view}, Bytes: 99}, nil
	}
}

func get(t *testing.T, c *Cache[string], key string, view uint64, ask func(context.Context) (Answer[string], error)) (string, Outcome) {
	t.Helper()
	v, o, err := c.Get(t.Context(), key, Version{1, view}, ask)
	if err != nil {
		t.Fatal(err)
	}
	return v, o
}

func TestHitStaleMiss(t *testing.T) {
	t.Parallel()
	k := &clock{}
	c := New[string](limits, k.now)
	steps := []struct {
		pass    time.Duration
		view    uint64
		ask     string
		want    string
		outcome Outcome
	}{
		{0, 1, "one", "one", Miss},
		{30 * time.Second, 1, "no", "one", Hit},
		{time.Second, 2, "two", "one", Stale}, // and "two" comes in the background
		{0, 2, "no", "two", Hit},
		{1001 * time.Millisecond, 3, "three", "three", Miss}, // too old to be given
		{time.Minute + 1, 3, "again", "again", Miss},
	}
	for i, s := range steps {
		k.pass(s.pass)
		got, outcome := get(t, c, "q", s.view, answer(s.ask, s.view))
		c.Close()
		if got != s.want || outcome != s.outcome {
			t.Errorf("step %d: got %q, %v, want %q, %v", i, got, outcome, s.want, s.outcome)
		}
	}
}

// An answer of an earlier version that comes late does not replace a later one.
func TestLateAnswer(t *testing.T) {
	t.Parallel()
	c := New[string](limits, (&clock{}).now)
	c.keep("q", Answer[string]{Value: "new", Version: Version{2, 1}})
	c.keep("q", Answer[string]{Value: "old", Version: Version{1, 9}})
	if a, fresh, ok := c.lookup("q", Version{2, 1}); a.Value != "new" || !fresh || !ok {
		t.Errorf("got %q, %v, %v, want new", a.Value, fresh, ok)
	}
}

func TestCoalesced(t *testing.T) {
	t.Parallel()
	c := New[string](limits, (&clock{}).now)
	var asked atomic.Int64
	var together sync.WaitGroup
	release, began := make(chan struct{}), make(chan struct{}, 1)
	ask := func(context.Context) (Answer[string], error) {
		asked.Add(1)
		began <- struct{}{}
		<-release
		return Answer[string]{Value: "v", Version: Version{1, 1}}, nil
	}
	gone, leave := context.WithCancel(t.Context())
	together.Go(func() {
		if _, _, err := c.Get(gone, "q", Version{1, 1}, ask); !errors.Is(err, context.Canceled) {
			t.Errorf("who left: got %v, want canceled", err)
		}
	})
	<-began
	leave() // the others are answered all the same
	for range 20 {
		together.Go(func() {
			if v, _, err := c.Get(t.Context(), "q", Version{1, 1}, ask); v != "v" || err != nil {
				t.Errorf("got %q, %v", v, err)
			}
		})
	}
	close(release)
	together.Wait()
	if n := asked.Load(); n != 1 {
		t.Errorf("asked %d times, want once", n)
	}
}

func TestBounds(t *testing.T) {
	t.Parallel()
	c := New[string](limits, (&clock{}).now)
	for i := range 100 {
		get(t, c, fmt.Sprint(i%10)+strings.Repeat("x", i), 1, answer("v", 1))
		if c.Bytes() > limits.Bytes {
			t.Fatalf("%d bytes kept, at most %d", c.Bytes(), limits.Bytes)
		}
	}
	if c.recent.Len() != len(c.byKey) || c.recent.Len() == 0 {
		t.Errorf("%d in the list, %d by key", c.recent.Len(), len(c.byKey))
	}
}

func TestErrorsAreNotKept(t *testing.T) {
	t.Parallel()
	c := New[string](limits, (&clock{}).now)
	broken := func(context.Context) (Answer[string], error) { return Answer[string]{}, errors.New("broken") }
	if _, _, err := c.Get(t.Context(), "q", Version{}, broken); err == nil {
		t.Error("got no error")
	}
	panics := func(context.Context) (Answer[string], error) { panic("oh") }
	if _, _, err := c.Get(t.Context(), "q", Version{}, panics); err == nil || !strings.Contains(err.Error(), "oh") {
		t.Errorf("got %v, want the panic as an error", err)
	}
	if v, o := get(t, c, "q", 1, answer("v", 1)); v != "v" || o != Miss {
		t.Errorf("got %q, %v, want v, miss", v, o)
	}
}

// A writer makes versions; with Soft 0 readers never see one earlier than what was
// current when they asked.
func TestRace(t *testing.T) {
	t.Parallel()
	l := limits
	l.Soft = 0
	c := New[uint64](l, time.Now)
	var view atomic.Uint64
	done := make(chan struct{})
	var writers, readers sync.WaitGroup
	writers.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
				view.Add(1)
			}
		}
	})
	for range 4 {
		readers.Go(func() {
			for i := range 2000 {
				now := view.Load()
				got, o, err := c.Get(t.Context(), fmt.Sprint(i%7), Version{1, now}, func(context.Context) (Answer[uint64], error) {
					v := view.Load()
					return Answer[uint64]{Value: v, Version: Version{1, v}, Bytes: 50}, nil
				})
				if err != nil || got < now {
					t.Errorf("got %d (%v), %v, want %d or later", got, o, err, now)
					return
				}
			}
		})
	}
	readers.Wait()
	close(done)
	writers.Wait()
}
