package strictjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/aisle-search/aisle/internal/surrogate"
)

// MaxDepth bounds how deep objects and arrays may nest.
const MaxDepth = 32

// maxPath bounds how much of a path an error repeats, in bytes.
const maxPath = 200

// Error says what is wrong with a document and where.
type Error struct {
	Path   string // as in "lines[2].quantity"; empty for the whole document
	Reason string
}

func (e *Error) Error() string {
	if e.Path == "" {
		return "json: " + e.Reason
	}
	return "json: " + e.Path + " " + e.Reason
}

// Check reports the first thing that is wrong with data as an *Error.
func Check(data []byte) error {
	if !utf8.Valid(data) {
		return &Error{Reason: "is not valid UTF-8"}
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	c := checker{d: d, data: data}
	if err := c.value(); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return &Error{Reason: "has something after the value"}
	}
	return nil
}

// Object checks data and takes it apart by key. Values point into fresh memory.
func Object(data []byte) (map[string]json.RawMessage, error) {
	if err := Check(data); err != nil {
		return nil, err
	}
	return Fields("", data)
}

// Fields takes apart an object that has been checked already; path names it in
// the error.
func Fields(path string, data []byte) (map[string]json.RawMessage, error) {
	var fields map[string]json.RawMessage
	if trimmed := bytes.TrimSpace(data); len(trimmed) == 0 || trimmed[0] != '{' {
		return nil, &Error{Path: path, Reason: "must be an object"}
	}
	if err := json.Unmarshal(data, &fields); err != nil {
		return nil, &Error{Path: path, Reason: "must be an object"}
	}
	return fields, nil
}

// Canonical returns checked data with keys sorted and blanks dropped, so that
// two documents which differ only in those have the same bytes. Numbers keep
// their spelling.
func Canonical(data []byte) ([]byte, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, &Error{Reason: "is not JSON"}
	}
	out, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode canonical JSON: %w", err)
	}
	return out, nil
}

// checker walks tokens. The path is spelled out only for an error: long keys
// over long arrays would cost the square of the document otherwise.
type checker struct {
	d    *json.Decoder
	data []byte // that d reads
	path []segment
}

type segment struct {
	key   string
	index int
	array bool
}

func (c *checker) fail(reason string) error {
	var b strings.Builder
	for i, s := range c.path {
		switch {
		case s.array:
			fmt.Fprintf(&b, "[%d]", s.index)
		case i > 0:
			b.WriteString("." + s.key)
		default:
			b.WriteString(s.key)
		}
	}
	path := b.String()
	if len(path) > maxPath {
		path = strings.ToValidUTF8(path[:maxPath], "") + "…"
	}
	return &Error{Path: path, Reason: reason}
}

// token takes the next one; lone is the half of a surrogate pair in it, if there is one.
func (c *checker) token() (token json.Token, lone string, err error) {
	before := c.d.InputOffset()
	if token, err = c.d.Token(); err != nil {
		return nil, "", err
	}
	if _, isText := token.(string); isText {
		lone = surrogate.Lone(c.data[before:c.d.InputOffset()])
	}
	return token, lone, nil
}

func (c *checker) failLone(lone string) error {
	return c.fail("is not valid Unicode: " + lone + " is half of a surrogate pair")
}

func (c *checker) value() error {
	token, lone, err := c.token()
	if err != nil {
		return c.fail("is not JSON")
	}
	if lone != "" {
		return c.failLone(lone)
	}
	delim, nested := token.(json.Delim)
	if !nested {
		return nil
	}
	if len(c.path) >= MaxDepth {
		return c.fail(fmt.Sprintf("nests deeper than %d levels", MaxDepth))
	}
	if delim == '{' {
		return c.object()
	}
	return c.array()
}

func (c *checker) object() error {
	seen := make(map[string]bool)
	c.path = append(c.path, segment{})
	for c.d.More() {
		token, lone, err := c.token()
		key, ok := token.(string)
		if err != nil || !ok {
			return c.fail("is not JSON")
		}
		c.path[len(c.path)-1].key = key
		if lone != "" {
			return c.failLone(lone)
		}
		if seen[key] {
			return c.fail("is given twice")
		}
		seen[key] = true
		if err := c.value(); err != nil {
			return err
		}
	}
	return c.end()
}

func (c *checker) array() error {
	c.path = append(c.path, segment{array: true})
	for i := 0; c.d.More(); i++ {
		c.path[len(c.path)-1].index = i
		if err := c.value(); err != nil {
			return err
		}
	}
	return c.end()
}

func (c *checker) end() error {
	c.path = c.path[:len(c.path)-1]
	if _, err := c.d.Token(); err != nil {
		return c.fail("is not JSON")
	}
	return nil
}
