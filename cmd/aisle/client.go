package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/pflag"
)

const (
	// callTimeout bounds one call of the server, which bounds its own work lower.
	callTimeout = 30 * time.Second
	// maxAnswer bounds what is read of an answer, in bytes.
	maxAnswer = 64 << 20
)

// client talks to a running server.
type client struct {
	server, key string
	http        http.Client
}

// clientFlags defines the flags of every command that talks to a server.
func clientFlags(f *pflag.FlagSet) *client {
	c := &client{http: http.Client{Timeout: callTimeout}}
	f.StringVar(&c.server, "server", "http://127.0.0.1:8080", "address of the running server")
	f.StringVar(&c.key, "api-key", "", "key to call it with; better given by the variable")
	return c
}

// problem is an error answer (RFC 9457).
type problem struct {
	Type   string `json:"type"`
	Status int    `json:"status"`
	Title  string `json:"title"`
	Detail string `json:"detail"`
	Errors []struct {
		Field  string `json:"field"`
		Reason string `json:"reason"`
	} `json:"errors"`
}

func (p *problem) Error() string {
	s := fmt.Sprintf("server answered %d %s", p.Status, p.Title)
	if p.Detail != "" {
		s += ": " + p.Detail
	}
	for _, e := range p.Errors {
		s += fmt.Sprintf("; %s: %s", e.Field, e.Reason)
	}
	return s
}

// get asks for path and decodes the answer into a value.
func (c *client) get(ctx context.Context, path string, query url.Values, into any) error {
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	return c.call(ctx, http.MethodGet, path, nil, into)
}

// call sends a request, with body as JSON unless it is nil, and decodes the
// answer into a value unless that is nil. An error answer is a *problem.
func (c *client) call(ctx context.Context, method, path string, body, into any) error {
	var content io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return fmt.Errorf("encode request: %w", err)
		}
		content = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(c.server, "/")+path, content)
	if err != nil {
		return badUsage{fmt.Errorf("read --server: %w", err)}
	}
	req.Header.Set("Accept", "application/json")
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.key != "" {
		req.Header.Set("Authorization", "Bearer "+c.key)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return fmt.Errorf("call server: %w", err)
	}
	defer resp.Body.Close()
	answer := io.LimitReader(resp.Body, maxAnswer)
	if resp.StatusCode >= http.StatusBadRequest {
		p := &problem{}
		if json.NewDecoder(answer).Decode(p) != nil || p.Title == "" {
			p.Title = http.StatusText(resp.StatusCode)
		}
		p.Status = resp.StatusCode
		return p
	}
	if into != nil {
		if err := json.NewDecoder(answer).Decode(into); err != nil {
			return fmt.Errorf("read answer of %s: %w", path, err)
		}
	}
	_, _ = io.Copy(io.Discard, answer) // so that the connection is used again
	return nil
}
