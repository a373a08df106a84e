package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The README names every command that there is and none that is not, the
// documents' links lead somewhere, and no merge was left half done in them.
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
	link, merge := regexp.MustCompile(`\]\(([^)#:]+)\)`), regexp.MustCompile(`(?m)^(<<<<<<<|=======|>>>>>>>)`)
	for _, file := range append(files, filepath.Join(root, "README.md"), filepath.Join(root, "CHANGELOG.md")) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if at := merge.FindString(string(text)); at != "" {
			t.Errorf("%s holds a conflict's %s", filepath.Base(file), at)
		}
		for _, m := range link.FindAllStringSubmatch(string(text), -1) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(file), m[1])); err != nil {
				t.Errorf("%s links to %s: %v", filepath.Base(file), m[1], err)
			}
		}
	}
}

// Every test that the page of field reports names is there.
func TestFieldReports(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..")
	text, err := os.ReadFile(filepath.Join(root, "docs", "field-reports.md"))
	if err != nil {
		t.Fatal(err)
	}
	folders := map[string]string{"acceptance": "internal/acceptance", "historycheck": "internal/historycheck", "lease": "orders/lease", "aisle": "cmd/aisle"}
	tests := map[string]string{} // the text of a folder's tests
	named := regexp.MustCompile("`([a-z/]+)\\.(Test\\w+)`").FindAllStringSubmatch(string(text), -1)
	for _, m := range named {
		folder := m[1]
		if long, ok := folders[folder]; ok {
			folder = long
		}
		if _, read := tests[folder]; !read {
			tests[folder] = testText(t, filepath.Join(root, folder))
		}
		if !strings.Contains(tests[folder], "func "+m[2]+"(") {
			t.Errorf("field-reports.md names %s in %s, which is not there", m[2], folder)
		}
	}
	if len(named) < 50 {
		t.Errorf("field-reports.md names %d tests: it is not read as it is written", len(named))
	}
}

// testText is all of a folder's tests.
func testText(t *testing.T, folder string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	return all.String()
}
