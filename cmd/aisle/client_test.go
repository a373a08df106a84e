package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// searchServer answers /v1/search with ids by query and profile, and anything
// else with a problem document.
func searchServer(t *testing.T, answers map[string][]string) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v1/search" || r.Header.Get("Authorization") != "Bearer secret" {
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprint(w, `{"title":"Unauthorized","detail":"Give a key.","errors":[{"field":"f","reason":"r"}]}`)
			return
		}
		q := r.URL.Query()
		if q.Get("profile") == "nosuch" {
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, `{"title":"Bad Request","detail":"profile is not known","errors":[{"field":"profile","reason":"is not known"}]}`)
			return
		}
		hits := []map[string]any{}
		for _, id := range answers[q.Get("profile")+"/"+q.Get("q")] {
			hits = append(hits, map[string]any{"id": id, "product": map[string]string{"title": "Title of " + id}})
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"hits": hits, "total": len(hits)})
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// eval asks every judged query and prints the measures in each format.
func TestEval(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "judgments.csv")
	if err := os.WriteFile(path, []byte("query,docid,rating\nlamp,a,3\nlamp,b,0\nshelf,c,2\nnothing,d,0\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	url := searchServer(t, map[string][]string{
		"/lamp": {"a", "b"}, "/shelf": {"x", "c"},
		"worse/lamp": {"b", "a"}, "worse/shelf": {},
	})
	tests := []struct {
		name string
		args string
		code int
		says []string
	}{
		{"table", "", 0, []string{"lamp", "shelf"}},
		{"json", "--format json", 0, []string{`"mrr": 0.75`, `"queries": 2`, `"queries_without_relevant": 1`, `"zero_result_rate": 0`}},
		{"html has titles", "--format html", 0, []string{"<html", "Title of a"}},
		{"comparison", "--format json --compare worse", 0, []string{`"mrr": 0.75`, `"losses": 2`}},
		{"unknown format", "--format xml", 2, []string{"--format"}},
		{"two files", "/nonexistent.csv", 2, nil},
		{"unknown profile", "--profile nosuch", 1, []string{"400 Bad Request: profile is not known", "not known"}},
		{"refused", "--api-key wrong", 1, []string{"401 Unauthorized: Give a key.; f: r"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			args := append([]string{"eval", path}, strings.Fields(tt.args)...)
			got := runFor(t, map[string]string{"AISLE_SERVER": url, "AISLE_API_KEY": "secret"}, args...)
			if got.code != tt.code {
				t.Errorf("got exit %d (%s), want %d", got.code, got.err, tt.code)
			}
			for _, say := range tt.says {
				if tt.code != 0 && strings.Count(got.out+got.err, say) != 1 || !strings.Contains(got.out+got.err, say) {
					t.Errorf("got %q, want %q in it, an error once", got.out+got.err, say)
				}
			}
		})
	}
}

// Judgments that cannot be read are said once, with what was wrong and where.
func TestEvalJudgments(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	bad, none := filepath.Join(dir, "bad.csv"), filepath.Join(dir, "none.csv")
	if err := os.WriteFile(bad, []byte("query,docid,rating\nlamp,a,x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		bad:  "read judgments " + bad + ": relevance: line 2: rating \"x\" is not a whole number from 0 to 10",
		dir:  "read judgments " + dir + ": read " + dir + ": is a directory",
		none: "read judgments: open " + none + ": no such file or directory",
	} {
		if got := runFor(t, nil, "eval", path); got.code != 1 || got.err != want || got.out != "" {
			t.Errorf("got exit %d, %q and %q, want 1 and %q", got.code, got.out, got.err, want)
		}
	}
}

// A server that is not there is a failed run.
func TestServerAway(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "judgments.csv")
	if err := os.WriteFile(path, []byte("query,docid,rating\nlamp,a,3\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got := runFor(t, nil, "eval", path, "--server", "http://127.0.0.1:1")
	if got.code != 1 || !strings.Contains(got.err, "call server") {
		t.Errorf("got exit %d and %q, want 1 and that the server cannot be called", got.code, got.err)
	}
}
