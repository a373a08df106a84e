package soak

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
)

// get asks for an address and decodes a good answer.
func (r *run) get(ctx context.Context, address string, into any) (code int, err error) {
	return r.call(ctx, http.MethodGet, address, nil, into)
}

// call sends a request; headers are name, value, name, value.
func (r *run) call(ctx context.Context, method, address string, body, into any, headers ...string) (code int, err error) {
	var content io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return 0, err
		}
		content = bytes.NewReader(b)
	}
	request, err := http.NewRequestWithContext(ctx, method, address, content)
	if err != nil {
		return 0, err
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	answer, err := r.http.Do(request)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err == nil && into != nil && answer.StatusCode < 300 {
		err = json.Unmarshal(text, into)
	}
	return answer.StatusCode, err
}
