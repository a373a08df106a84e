package request

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

// MaxProductID bounds a product's id in bytes.
const MaxProductID = 512

// Params are the parameters of a request, taken one by one; Done says whether
// any is left. The first error sticks.
type Params struct {
	values url.Values
	listed bool // lists of names have a value for each name, as in a body
	taken  map[string]bool
	err    error
}

// ParseParams reads a raw query string strictly.
func ParseParams(raw string) (*Params, error) {
	if len(raw) > maxQueryString {
		return nil, Invalid("query string", fmt.Sprintf("is longer than %d bytes", maxQueryString))
	}
	values, err := url.ParseQuery(raw)
	if err != nil {
		return nil, Invalid("query string", "is not well formed")
	}
	for name, list := range values {
		if !utf8.ValidString(name) {
			return nil, Invalid("query string", "has a name that is not valid UTF-8")
		}
		for _, v := range list {
			if !utf8.ValidString(v) {
				return nil, Invalid(clip(name), "is not valid UTF-8")
			}
		}
	}
	return &Params{values: values, taken: make(map[string]bool, len(values))}, nil
}

// Fail notes what is wrong, unless something was before.
func (p *Params) Fail(field, reason string) {
	if p.err == nil {
		p.err = Invalid(field, reason)
	}
}

// Text takes a parameter that may be given once.
func (p *Params) Text(name string) (value string, given bool) {
	list, given := p.values[name]
	p.taken[name] = true
	if len(list) > 1 {
		p.Fail(name, "is given more than once")
	}
	if !given {
		return "", false
	}
	return list[0], true
}

// Integer takes a number of low..high, or absent when it is not given.
func (p *Params) Integer(name string, low, high, absent int) int {
	text, given := p.Text(name)
	if !given {
		return absent
	}
	n, ok := digits(text)
	if !ok || n < low || n > high {
		p.Fail(name, fmt.Sprintf("must be a whole number from %d to %d", low, high))
		return absent
	}
	return n
}

// Boolean takes "true" or "false".
func (p *Params) Boolean(name string) bool {
	text, given := p.Text(name)
	if given && text != "true" && text != "false" {
		p.Fail(name, "must be true or false")
	}
	return text == "true"
}

// Moment takes an RFC 3339 time.
func (p *Params) Moment(name string) time.Time {
	text, given := p.Text(name)
	if !given {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil || t.Year() < 1 || t.Year() > 9999 {
		p.Fail(name, "must be an RFC 3339 time such as 2026-01-31T12:00:00Z")
	}
	return t.UTC()
}

// Done reports the first error, or a parameter that nobody knows.
func (p *Params) Done() error {
	if p.err != nil {
		return p.err
	}
	for name := range p.values {
		if !p.taken[name] {
			return Invalid(clip(name), "is not a parameter of this request")
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

// Plain reports whether s is valid UTF-8 of low..high bytes without control
// characters. Databases refuse some of them, and that must not become a 5xx.
func Plain(s string, low, high int) bool {
	if len(s) < low || len(s) > high || !utf8.ValidString(s) {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f })
}

// Visible reports whether s is low..high bytes of visible ASCII.
func Visible(s string, low, high int) bool {
	if len(s) < low || len(s) > high {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7f })
}
