package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
)

// The list has a header over its rows; without rows a line says that there are none.
func TestLetterList(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("source") == "orders" {
			fmt.Fprint(w, `{"dead_letters":[],"more":false}`)
			return
		}
		fmt.Fprint(w, `{"dead_letters":[{"source":"catalog","id":"p1","reason":"price is text","at":"2026-01-02T03:04:05.006Z","attempts":2}],"more":false}`)
	}))
	t.Cleanup(server.Close)
	env := map[string]string{"AISLE_SERVER": server.URL}
	for _, tt := range []struct {
		name, source, want string
	}{
		{"one", "catalog", "SOURCE   ID    AT                        TRIES  REASON\ncatalog  \"p1\"  2026-01-02T03:04:05.006Z  2      price is text\n"},
		{"none", "orders", "no dead letters\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := runFor(t, env, "dlq", "list", "--source", tt.source)
			if got.code != 0 || got.out != tt.want {
				t.Errorf("got exit %d, %q and %q, want 0 and %q", got.code, got.out, got.err, tt.want)
			}
		})
	}
	if got := runFor(t, nil, "dlq", "list", "--server", "http://127.0.0.1:1"); got.code != 1 || got.out != "" {
		t.Errorf("no server: got exit %d and %q, want 1 and nothing, as it is not known what there is", got.code, got.out)
	}
}
