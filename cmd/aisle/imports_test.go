package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/aisle-search/aisle"

// mayImport is the architecture: by top folder, which top folders of the module
// it may import besides itself and the leaves below internal.
var mayImport = map[string][]string{
	"catalog":  nil,
	"orders":   nil,
	"search":   nil,
	"indexer":  {"catalog", "orders", "search"},
	"web":      {"catalog", "orders", "search", "indexer"},
	"internal": {"testdata"}, // files only
	"cmd":      {"catalog", "orders", "search", "indexer", "web"},
}

// Imports inside the module point one way. Tests may look wherever they need to.
func TestImports(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(root, path) // both begin alike
		if d.IsDir() && rel != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata") {
			return fs.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		checkImports(t, path, filepath.ToSlash(rel))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func checkImports(t *testing.T, path, rel string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
	if err != nil {
		t.Error(err)
		return
	}
	top, _, _ := strings.Cut(rel, "/")
	allowed, known := mayImport[top]
	for _, spec := range file.Imports {
		name, _ := strconv.Unquote(spec.Path.Value) // the parser took it
		inside, ok := strings.CutPrefix(name, module+"/")
		if !ok {
			continue
		}
		target, _, _ := strings.Cut(inside, "/")
		if strings.HasPrefix(rel, "search/relevance/") {
			t.Errorf("%s imports %s: the measures import nothing of this module", rel, name)
		}
		if strings.Count(rel, "/") > 1 && top == "indexer" && inside == "indexer" {
			t.Errorf("%s imports %s: the pipeline is made of its parts and not the other way round", rel, name)
		}
		if strings.Count(rel, "/") > 1 && top == "web" && inside == "web" {
			t.Errorf("%s imports %s: the server is made of its parts and not the other way round", rel, name)
		}
		if strings.Count(rel, "/") > 1 && top == "orders" && inside == "orders" && !strings.HasPrefix(rel, "orders/orderstest/") {
			t.Errorf("%s imports %s: following knows nothing of placing", rel, name)
		}
		if strings.Count(rel, "/") > 1 && inside == "search" && top == "search" && !strings.HasPrefix(rel, "search/reference/") {
			t.Errorf("%s imports %s: the store is made of its parts and not the other way round", rel, name)
		}
		if !known || target != top && target != "internal" && !slices.Contains(allowed, target) {
			t.Errorf("%s imports %s, which the architecture does not allow", rel, name)
		}
	}
}
