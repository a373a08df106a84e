package main

import (
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aisle-search/aisle/internal/devdb"
)

// load stores good lines, reports bad ones by number, and changes nothing when
// it runs again.
func TestLoad(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	schema := filepath.Join(dir, "schema.yaml")
	writeTest(t, schema, "id: sku\nfields:\n  title: {path: name, type: text, search: {weight: 1}}\n")
	lines := filepath.Join(dir, "products.jsonl.gz")
	f, err := os.Create(lines)
	if err != nil {
		t.Fatal(err)
	}
	z := gzip.NewWriter(f)
	if _, err := z.Write([]byte("{\"sku\":\"a\",\"name\":\"Lamp\"}\n{\"sku\":\"b\",\n\n{\"sku\":\"c\",\"name\":\"Shelf\"}\n")); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"AISLE_MONGO_URI": devdb.ForTest(t).MongoURI, "AISLE_SCHEMA": schema}
	for _, want := range []string{"2 new, 0 changed, 0 unchanged, 1 bad", "0 new, 0 changed, 2 unchanged, 1 bad"} {
		got := runFor(t, env, "load", lines)
		if got.code != 1 || !strings.Contains(got.out, want) || !strings.Contains(got.err, "line 2: ") {
			t.Errorf("got exit %d, %q and %q, want 1, %q and line 2 named", got.code, got.out, got.err, want)
		}
	}
}

func writeTest(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// migrate brings an empty database up to date, and says so when asked.
func TestMigrate(t *testing.T) {
	t.Parallel()
	env := map[string]string{"AISLE_POSTGRES_URL": devdb.ForTest(t).PostgresURL}
	for _, step := range []struct{ args, out string }{
		{"migrate status", "not applied"},
		{"migrate up", "applied 1"},
		{"migrate", "the tables are at version"},
		{"migrate status", "applied 2"},
	} {
		got := runFor(t, env, strings.Fields(step.args)...)
		if got.code != 0 || !strings.Contains(got.out, step.out) {
			t.Errorf("aisle %s: got exit %d, %q and %q, want 0 and %q", step.args, got.code, got.out, got.err, step.out)
		}
	}
	if got := runFor(t, nil, "migrate"); got.code != 2 || !strings.Contains(got.err, "AISLE_POSTGRES_URL") {
		t.Errorf("without a database: got exit %d and %q, want 2 and what to give", got.code, got.err)
	}
}
