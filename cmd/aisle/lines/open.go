package lines

import (
	"fmt"
	"io"
	"os"
)

// Open opens a file, or the standard input where that is called for by a dash.
func Open(name string, in io.Reader) (io.ReadCloser, error) {
	if name == "-" {
		return io.NopCloser(in), nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("open input: %w", err)
	}
	return f, nil
}
