package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
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

// A rebuild that is under way is followed by reindex; rollback is refused, and so is
// whatever a rollback is in the way of.
func TestReindexUnderWay(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		command, running string
		code             int
		says             string
	}{
		{"reindex", "reindex", 0, "generation 3 serves"},
		{"rollback", "reindex", 1, "a rebuild is under way, and nothing else was begun: wait until it has ended, or stop it"},
		{"rollback", "rollback", 1, "a rollback is under way, and nothing else was begun"},
		{"reindex", "rollback", 1, "a rollback is under way, and nothing else was begun"},
	} {
		t.Run(tt.command+" during "+tt.running, func(t *testing.T) {
			t.Parallel()
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodPost {
					w.WriteHeader(http.StatusConflict)
					fmt.Fprint(w, `{"type":"reindex-running","status":409}`)
					return
				}
				fmt.Fprintf(w, `{"reindex":{"kind":%q,"state":"done","generation":3,"started_at":"2026-01-02T03:04:05.006Z"}}`, tt.running)
			}))
			t.Cleanup(s.Close)
			got := runFor(t, map[string]string{"AISLE_SERVER": s.URL}, tt.command)
			if got.code != tt.code || !strings.Contains(got.out+got.err, tt.says) {
				t.Errorf("got exit %d, %q and %q, want %d and %q", got.code, got.out, got.err, tt.code, tt.says)
			}
		})
	}
}
