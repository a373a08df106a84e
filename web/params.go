package web

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// maxQueryString bounds the raw query string in bytes.
const maxQueryString = 16 << 10

// params are the parameters of a request, taken one by one; done says whether
// any is left. The first error sticks.
type params struct {
	values url.Values
	taken  map[string]bool
	err    error
}

// parseParams reads a raw query string strictly.
func parseParams(raw string) (*params, error) {
	if len(raw) > maxQueryString {
		return nil, invalid("query string", fmt.Sprintf("is longer than %d bytes", maxQueryString))
	}
	values, err := url.ParseQuery(raw)
	if err != nil {
		return nil, invalid("query string", "is not well formed")
	}
	for name, list := range values {
		if !utf8.ValidString(name) {
			return nil, invalid("query string", "has a name that is not valid UTF-8")
		}
		for _, v := range list {
			if !utf8.ValidString(v) {
				return nil, invalid(clip(name), "is not valid UTF-8")
			}
		}
	}
	return &params{values: values, taken: make(map[string]bool, len(values))}, nil
}

func (p *params) fail(field, reason string) {
	if p.err == nil {
		p.err = invalid(field, reason)
	}
}

// text takes a parameter that may be given once.
func (p *params) text(name string) (value string, given bool) {
	list, given := p.values[name]
	p.taken[name] = true
	if len(list) > 1 {
		p.fail(name, "is given more than once")
	}
	if !given {
		return "", false
	}
	return list[0], true
}

// integer takes a number of min..max, or the default when it is not given.
func (p *params) integer(name string, low, high, absent int) int {
	text, given := p.text(name)
	if !given {
		return absent
	}
	n, ok := digits(text)
	if !ok || n < low || n > high {
		p.fail(name, fmt.Sprintf("must be a whole number from %d to %d", low, high))
		return absent
	}
	return n
}

// boolean takes "true" or "false".
func (p *params) boolean(name string) bool {
	text, given := p.text(name)
	if given && text != "true" && text != "false" {
		p.fail(name, "must be true or false")
	}
	return text == "true"
}

// moment takes an RFC 3339 time.
func (p *params) moment(name string) time.Time {
	text, given := p.text(name)
	if !given {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil || t.Year() < 1 || t.Year() > 9999 {
		p.fail(name, "must be an RFC 3339 time such as 2026-01-31T12:00:00Z")
	}
	return t.UTC()
}

// done reports the first error, or a parameter that nobody knows.
func (p *params) done() error {
	if p.err != nil {
		return p.err
	}
	for name := range p.values {
		if !p.taken[name] {
			return invalid(clip(name), "is not a parameter of this request")
		}
	}
	return nil
}

// digits reads 1 to 9 decimal digits and nothing else.
func digits(s string) (int, bool) {
	if s == "" || len(s) > 9 || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.Atoi(s)
	return n, err == nil
}

// clip shortens what a caller sent before it is said back.
func clip(s string) string {
	const most = 100
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}

// plain reports whether s is valid UTF-8 of low..high bytes without control
// characters. Databases refuse some of them, and that must not become a 5xx.
func plain(s string, low, high int) bool {
	if len(s) < low || len(s) > high || !utf8.ValidString(s) {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f })
}

// visible reports whether s is low..high bytes of visible ASCII.
func visible(s string, low, high int) bool {
	if len(s) < low || len(s) > high {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7f })
}
