package client

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
)

// maxAnswer bounds what is read of an answer, in bytes.
const maxAnswer = 64 << 20

// Client talks to one server.
type Client struct {
	// Address is where the server is, as http://host:port.
	Address string
	// Key is what it is called with; empty for none.
	Key string
	// HTTP makes the calls.
	HTTP *http.Client
}

// Pool is an HTTP client for many callers at once, each of which keeps its connection.
func Pool(callers int, timeout time.Duration) *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = callers
	return &http.Client{Timeout: timeout, Transport: transport}
}

// Send sends a request, with body as JSON unless it is nil, and returns the answer,
// which the caller closes. Headers are name, value, name, value.
func (c *Client) Send(ctx context.Context, method, path string, body any, headers ...string) (*http.Response, error) {
	var content io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return nil, fmt.Errorf("encode request: %w", err)
		}
		content = bytes.NewReader(b)
	}
	request, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(c.Address, "/")+path, content)
	if err != nil {
		return nil, fmt.Errorf("make request: %w", err)
	}
	request.Header.Set("Accept", "application/json")
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if c.Key != "" {
		request.Header.Set("Authorization", "Bearer "+c.Key)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	answer, err := c.HTTP.Do(request)
	if err != nil {
		return nil, fmt.Errorf("call server: %w", err)
	}
	return answer, nil
}

// Call sends a request as Send does and decodes a good answer into a value, unless that
// is nil. An answer that is not good is no error here; its status tells.
func (c *Client) Call(ctx context.Context, method, path string, body, into any, headers ...string) (status int, err error) {
	answer, err := c.Send(ctx, method, path, body, headers...)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	if answer.StatusCode >= http.StatusMultipleChoices {
		into = nil
	}
	return answer.StatusCode, decode(path, answer, into)
}

// Do sends a request as Call does. An error answer is a *Problem.
func (c *Client) Do(ctx context.Context, method, path string, body, into any) error {
	answer, err := c.Send(ctx, method, path, body)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode >= http.StatusBadRequest {
		return problemOf(answer)
	}
	return decode(path, answer, into)
}

// Get asks for a path and decodes the answer into a value. An error answer is a
// *Problem.
func (c *Client) Get(ctx context.Context, path string, query url.Values, into any) error {
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	return c.Do(ctx, http.MethodGet, path, nil, into)
}

// decode reads an answer to its end, so that the connection is used again.
func decode(path string, answer *http.Response, into any) error {
	body := io.LimitReader(answer.Body, maxAnswer)
	if into != nil {
		if err := json.NewDecoder(body).Decode(into); err != nil {
			return fmt.Errorf("read answer of %s: %w", path, err)
		}
	}
	if _, err := io.Copy(io.Discard, body); err != nil {
		return fmt.Errorf("read answer of %s: %w", path, err)
	}
	return nil
}
