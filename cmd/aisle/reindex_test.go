package main

import (
	"testing"

	"github.com/aisle-search/aisle/internal/client"
)

// Progress says what is known and nothing else.
func TestProgress(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		r    client.Rebuild
		want string
	}{
		{"before the total", client.Rebuild{Phase: "snapshot"}, "snapshot"},
		{"products without a total", client.Rebuild{Phase: "snapshot", Done: 5}, "snapshot: 5 products"},
		{"before the first product", client.Rebuild{Phase: "snapshot", Total: 100}, "snapshot: 0 of 100 products, 0 %"},
		{"under way", client.Rebuild{Phase: "snapshot", Done: 50, Total: 100, Share: .5, Rate: 10, LeftMS: 5000}, "snapshot: 50 of 100 products, 50 %, 10 a second, 5s left"},
		{"more than was estimated", client.Rebuild{Phase: "catching-up", Done: 120, Total: 100, Share: 1, Rate: 10}, "catching-up: 120 of 120 products, 100 %, 10 a second"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := progress(&tt.r); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
