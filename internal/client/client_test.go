package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"
)

func serve(t *testing.T, answer http.HandlerFunc) *Client {
	t.Helper()
	s := httptest.NewServer(answer)
	t.Cleanup(s.Close)
	return &Client{Address: s.URL + "/", Key: "secret", HTTP: Pool(2, time.Minute)}
}

// What is sent arrives; an answer that is not good is a status to Call and a Problem to
// Do.
func TestCalls(t *testing.T) {
	t.Parallel()
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer secret" || r.Header.Get("Content-Type") != "application/json" || r.Header.Get("Idempotency-Key") != "k" {
			w.WriteHeader(http.StatusConflict)
			fmt.Fprint(w, `{"title":"Conflict","detail":"Give a key.","errors":[{"field":"f","reason":"r"}]}`)
			return
		}
		fmt.Fprint(w, `{"generation":7}`)
	})
	var s Status
	status, err := c.Call(t.Context(), http.MethodPost, "/x", map[string]any{}, &s, "Idempotency-Key", "k")
	if status != http.StatusOK || err != nil || s.Generation != 7 {
		t.Errorf("got %d, %v, %+v", status, err, s)
	}
	if status, err := c.Call(t.Context(), http.MethodGet, "/x", nil, &s); status != http.StatusConflict || err != nil {
		t.Errorf("a bad answer: got %d, %v", status, err)
	}
	err = c.Get(t.Context(), "/x", url.Values{"a": {"b"}}, &s)
	var p *Problem
	if !errors.As(err, &p) || p.Status != http.StatusConflict || p.Error() != "server answered 409 Conflict: Give a key.; f: r" {
		t.Errorf("a problem: got %v", err)
	}
}

// All dead letters come, a page at a time.
func TestEachLetter(t *testing.T) {
	t.Parallel()
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `{"dead_letters":[{"id":"%s of %s"}],"more":%t}`, r.FormValue("offset"), r.FormValue("source"), r.FormValue("offset") == "0")
	})
	var got []string
	err := c.EachLetter(t.Context(), "catalog", func(l Letter) { got = append(got, l.ID) })
	if err != nil || len(got) != 2 || got[0] != "0 of catalog" || got[1] != "200 of catalog" {
		t.Errorf("got %q, %v", got, err)
	}
}

// A walk follows the cursors and does not bear a product that comes twice.
func TestWalk(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		pages map[string]string // by cursor
		want  int
		err   error
	}{
		{"two pages", map[string]string{"": "a", "a": "b"}, 2, nil},
		{"twice", map[string]string{"": "a", "a": "b", "b": "a"}, 0, ErrTwice},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			products, _, err := Walk(t.Context(), func(_ context.Context, query url.Values) (Page[string], error) {
				id := tt.pages[query.Get("cursor")]
				p := Page[string]{Hits: []Hit[string]{{ID: id}}}
				if _, more := tt.pages[id]; more {
					p.Next = &id
				}
				return p, nil
			})
			if len(products) != tt.want || !errors.Is(err, tt.err) {
				t.Errorf("got %v, %v", products, err)
			}
		})
	}
}
