package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The README names every command that there is and none that is not, and the
// documents' links lead somewhere.
func TestDocuments(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..")
	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, c := range commands(streams{}) {
		known[c.Name()] = true
		if !strings.Contains(string(readme), "aisle "+c.Name()) {
			t.Errorf("README.md does not name aisle %s", c.Name())
		}
	}
	for _, m := range regexp.MustCompile("`aisle ([a-z]+)").FindAllStringSubmatch(string(readme), -1) {
		if !known[m[1]] {
			t.Errorf("README.md names aisle %s, which there is not", m[1])
		}
	}
	files, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	link := regexp.MustCompile(`\]\(([^)#:]+)\)`)
	for _, file := range append(files, filepath.Join(root, "README.md")) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range link.FindAllStringSubmatch(string(text), -1) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(file), m[1])); err != nil {
				t.Errorf("%s links to %s: %v", filepath.Base(file), m[1], err)
			}
		}
	}
}
