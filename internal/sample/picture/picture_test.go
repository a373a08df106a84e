package picture

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
)

// Every shape in every tint is well-formed XML that asks for nothing outside
// and runs nothing.
func TestSVG(t *testing.T) {
	t.Parallel()
	for _, shape := range Shapes() {
		for _, tint := range Tints() {
			svg, err := SVG(shape, tint)
			if err != nil {
				t.Fatal(err)
			}
			if err := wellFormed(string(svg)); err != nil {
				t.Errorf("%s-%s: %v", shape, tint, err)
			}
			for _, bad := range []string{"{", "href", "<script", "url(", "%!"} {
				if strings.Contains(string(svg), bad) {
					t.Errorf("%s-%s holds %q", shape, tint, bad)
				}
			}
			if len(svg) > 4096 {
				t.Errorf("%s-%s has %d bytes, want at most 4096", shape, tint, len(svg))
			}
		}
	}
}

func wellFormed(text string) error {
	d := xml.NewDecoder(strings.NewReader(text))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

func TestUnknown(t *testing.T) {
	t.Parallel()
	if _, err := SVG("unicorn", "red"); err == nil {
		t.Error("an unknown shape was drawn")
	}
	if _, err := SVG("pan", "plaid"); err == nil {
		t.Error("an unknown tint was drawn")
	}
	if _, err := SVG("pan", DefaultTint); err != nil {
		t.Error(err)
	}
}
