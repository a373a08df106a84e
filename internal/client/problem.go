package client

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
)

// Problem is an error answer (RFC 9457).
type Problem struct {
	Type   string `json:"type"`
	Status int    `json:"status"`
	Title  string `json:"title"`
	Detail string `json:"detail"`
	// Errors are the fields that were wrong.
	Errors []struct {
		Field  string `json:"field"`
		Reason string `json:"reason"`
	} `json:"errors"`
}

// Error implements error.
func (p *Problem) Error() string {
	s := fmt.Sprintf("server answered %d %s", p.Status, p.Title)
	if p.Detail != "" {
		s += ": " + p.Detail
	}
	for _, e := range p.Errors {
		if p.Detail == e.Field+" "+e.Reason {
			continue // where one input is wrong, the detail says the same
		}
		s += fmt.Sprintf("; %s: %s", e.Field, e.Reason)
	}
	return s
}

func problemOf(answer *http.Response) *Problem {
	p := &Problem{}
	if json.NewDecoder(io.LimitReader(answer.Body, maxAnswer)).Decode(p) != nil || p.Title == "" {
		p.Title = http.StatusText(answer.StatusCode)
	}
	p.Status = answer.StatusCode
	return p
}
