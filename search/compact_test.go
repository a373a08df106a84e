package search_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/aisle-search/aisle/search"
)

// Who gives up waiting finds the index as it was, and can have it compact later; a
// closed one is not merged.
func TestCompact(t *testing.T) {
	t.Parallel()
	s, x := openTestStore(t, 2)
	for i := range 12 {
		commit(t, x, search.Batch{Documents: []search.Document{titled(fmt.Sprint("a", i), "red mouse"), titled(fmt.Sprint("b", i), "blue mouse")}})
	}
	want := find(t, s, search.Query{Text: "mouse", Limit: 100})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := x.Compact(ctx, false); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
	for range 2 { // again, where nothing is left to do
		if err := x.Compact(t.Context(), false); err != nil {
			t.Fatal(err)
		}
		if got := x.Segments(); got != 2 {
			t.Errorf("got %d segments, want one for each partition", got)
		}
		if got := find(t, s, search.Query{Text: "mouse", Limit: 100}); got.Total != want.Total || got.Hits[0].ID != want.Hits[0].ID || got.Hits[0].Score != want.Hits[0].Score {
			t.Errorf("got %d hits, first %+v, want %d, first %+v", got.Total, got.Hits[0], want.Total, want.Hits[0])
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := x.Compact(t.Context(), false); !errors.Is(err, search.ErrClosed) {
		t.Errorf("closed: got %v, want ErrClosed", err)
	}
}

// What a deferred batch brings is shown by the next that is not, or by Compact.
func TestDeferred(t *testing.T) {
	t.Parallel()
	s, x := openTestStore(t, 2)
	mice := func(id string) search.Batch {
		return search.Batch{Documents: []search.Document{titled(id, "red mouse")}}
	}
	total := func() int { return int(find(t, s, search.Query{Text: "mouse"}).Total) }
	for _, tt := range []struct {
		name string
		show func()
		want int
	}{
		{"a batch", func() { commit(t, x, mice("seen")) }, 3},
		{"compact", func() {
			if err := x.Compact(t.Context(), true); err != nil {
				t.Fatal(err)
			}
		}, 5},
	} {
		before := total()
		for i := range 2 {
			b := mice(fmt.Sprint(tt.name, i))
			b.Deferred = true
			commit(t, x, b)
		}
		if got := total(); got != before {
			t.Errorf("%s: got %d products before it, want %d", tt.name, got, before)
		}
		tt.show()
		if got := total(); got != tt.want {
			t.Errorf("%s: got %d products, want %d", tt.name, got, tt.want)
		}
	}
}
