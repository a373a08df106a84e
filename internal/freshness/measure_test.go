package freshness

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// shop is a store whose search shows a write once it has been polled twice.
type shop struct {
	mu           sync.Mutex
	held, shown  map[string]int
	dropped      string // the product whose changes are never shown
	failing      bool
	polls, finds int
}

func (s *shop) write(_ context.Context, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failing {
		return errors.New("disk full")
	}
	s.held[id]++
	return nil
}

func (s *shop) poll(context.Context) (map[string]map[string]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[string]map[string]string{}
	for id := range s.held {
		out[id] = map[string]string{"stock": strconv.Itoa(s.shown[id])}
	}
	s.polls++
	if s.polls%2 == 0 {
		dropped := s.shown[s.dropped]
		s.shown = maps.Clone(s.held)
		s.shown[s.dropped] = dropped
	}
	return out, nil
}

func config(s *shop) Config {
	return Config{
		IDs:     []string{"a", "b", "c"},
		Sources: []Source{{"stock", s.write}},
		Poll:    s.poll, PollEvery: time.Millisecond,
		Rate: 500, Duration: time.Second, Writers: 2,
		Search:    func(context.Context) error { s.mu.Lock(); defer s.mu.Unlock(); s.finds++; return nil },
		Searchers: 1, SearchRate: 100,
		Patience: 5 * time.Second, Now: time.Now,
	}
}

func newShop() *shop {
	return &shop{held: map[string]int{"a": 1, "b": 1, "c": 1}, shown: map[string]int{"a": 1, "b": 1, "c": 1}}
}

// Every write is measured once, and those that searches never show count as lost.
func TestMeasure(t *testing.T) {
	t.Parallel()
	for _, dropped := range []string{"", "b"} {
		t.Run("dropped="+dropped, func(t *testing.T) {
			t.Parallel()
			s := newShop()
			s.dropped = dropped
			r, err := Measure(t.Context(), config(s))
			if err != nil {
				t.Fatal(err)
			}
			written := -3 // as many were there before
			for _, n := range s.held {
				written += n
			}
			got := r.Sources[0]
			wantLost := 0
			if dropped != "" {
				wantLost = 1 // one in flight, and no further one meanwhile
			}
			if len(got.FromCommit)+got.Lost != written || got.Lost != wantLost || got.Foreign != 0 || written == 0 {
				t.Errorf("got %d seen, %d lost, %d foreign of %d, want %d lost and the rest seen",
					len(got.FromCommit), got.Lost, got.Foreign, written, wantLost)
			}
			if len(r.Searches) != s.finds {
				t.Errorf("got %d searches, want %d", len(r.Searches), s.finds)
			}
			var table bytes.Buffer
			if err := r.WriteTable(&table); err != nil || !strings.Contains(table.String(), "p99") {
				t.Errorf("got %q (%v), want a table", table.String(), err)
			}
		})
	}
}

// A failing write ends the measurement with its reason.
func TestMeasureFails(t *testing.T) {
	t.Parallel()
	s := newShop()
	s.failing = true
	if _, err := Measure(t.Context(), config(s)); err == nil || !strings.Contains(err.Error(), "disk full") {
		t.Errorf("got %v, want the write's error", err)
	}
}

func TestQuantile(t *testing.T) {
	t.Parallel()
	var hundred []time.Duration
	for i := 100; i > 0; i-- {
		hundred = append(hundred, time.Duration(i))
	}
	got := []time.Duration{
		Quantile(nil, 0.5), Quantile([]time.Duration{7}, 0.99),
		Quantile(hundred, 0), Quantile(hundred, 0.5), Quantile(hundred, 0.99), Quantile(hundred, 1),
	}
	want := []time.Duration{0, 7, 1, 50, 99, 100}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("quantiles differ (-want +got):\n%s", diff)
	}
}
