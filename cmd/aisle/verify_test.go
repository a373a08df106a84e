package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// verify follows a comparison to its end; the exit status says whether anything
// differs still.
func TestVerify(t *testing.T) {
	t.Parallel()
	const missing = `"drift":{"missing":{"count":2,"ids":["p1"]}}`
	tests := []struct {
		name, first, then string
		code              int
		says              string
	}{
		{"equal", `{"state":"done","products":5}`, "", 0, "5 products"},
		{"drift", `{"state":"done",` + missing + `,"remaining":2}`, "", 1, "differs from its databases in 2 products"},
		{"repaired", `{"state":"done",` + missing + `,"repaired":2}`, "", 0, "repaired      2"},
		{"followed", `{"state":"running","products":3}`, `{"state":"done",` + missing + `,"remaining":2}`, 1, "and 1 more"},
		{"failed", `{"state":"failed","error":"no database"}`, "", 1, "failed: no database"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				answer := tt.first
				if r.Method == http.MethodGet {
					answer = tt.then
				}
				fmt.Fprint(w, answer)
			}))
			t.Cleanup(s.Close)
			got := runFor(t, map[string]string{"AISLE_SERVER": s.URL}, "verify")
			if got.code != tt.code || !strings.Contains(got.out+got.err, tt.says) {
				t.Errorf("got exit %d, %q and %q, want %d and %q", got.code, got.out, got.err, tt.code, tt.says)
			}
		})
	}
}
