package keys

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func sum(key string) string {
	s := sha256.Sum256([]byte(key))
	return hex.EncodeToString(s[:])
}

// A keys file is strict: each mistake is named.
func TestParse(t *testing.T) {
	t.Parallel()
	good := fmt.Sprintf("keys:\n- {name: shop, sha256: %s, tenant: a, scopes: [search, orders], expires: 2030-01-02T03:04:05Z, filters: {brand: [Acme]}}\n", sum("s3cret"))
	tests := []struct{ name, in, want string }{
		{"good", good, ""},
		{"empty", "keys: []\n", "is empty"},
		{"unknown field", "keys:\n- {name: a, sha: x}\n", "field sha not found"},
		{"no name", fmt.Sprintf("keys:\n- {sha256: %s, scopes: [search]}\n", sum("a")), "keys[0].name"},
		{"bad sum", "keys:\n- {name: a, sha256: abc, scopes: [search]}\n", "keys[0].sha256"},
		{"no scope", fmt.Sprintf("keys:\n- {name: a, sha256: %s}\n", sum("a")), "keys[0].scopes"},
		{"bad scope", fmt.Sprintf("keys:\n- {name: a, sha256: %s, scopes: [root]}\n", sum("a")), `"root" is not one of`},
		{"bad expiry", fmt.Sprintf("keys:\n- {name: a, sha256: %s, scopes: [search], expires: soon}\n", sum("a")), "keys[0].expires"},
		{"empty filter", fmt.Sprintf("keys:\n- {name: a, sha256: %s, scopes: [search], filters: {brand: []}}\n", sum("a")), "keys[0].filters"},
		{"name twice", good + fmt.Sprintf("- {name: shop, sha256: %s, scopes: [search]}\n", sum("b")), "given twice"},
		{"key twice", good + fmt.Sprintf("- {name: other, sha256: %s, scopes: [search]}\n", sum("s3cret")), `is that of "shop"`},
		{"two documents", good + "---\nkeys: []\n", "more than one document"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := parse([]byte(tt.in))
			if tt.want == "" && err != nil {
				t.Fatalf("got %v, want no error", err)
			}
			if tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Fatalf("got %v, want %q in it", err, tt.want)
			}
		})
	}
}

// A changed file comes into force without a restart; a broken one does not.
func TestFileChanges(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "keys.yaml")
	clock := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	write := func(content string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		clock = clock.Add(2 * time.Second)
		if err := os.Chtimes(path, clock, clock); err != nil {
			t.Fatal(err)
		}
	}
	one := func(key string) string {
		return fmt.Sprintf("keys:\n- {name: a, sha256: %s, scopes: [search], expires: 2027-01-01T00:00:00Z}\n", sum(key))
	}
	var log bytes.Buffer
	write(one("old"))
	f, err := Open(path, func() time.Time { return clock }, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	check := func(step, key string, want bool) {
		t.Helper()
		if _, got := f.Find(key); got != want {
			t.Errorf("%s: Find(%q) = %v, want %v", step, key, got, want)
		}
	}
	check("start", "old", true)
	check("start", "new", false)
	check("start", "", false)
	write(one("new"))
	check("changed", "new", true)
	check("changed", "old", false)
	write("keys: [")
	check("broken", "new", true)
	clock = clock.Add(2 * time.Second)
	check("still broken", "new", true)
	if got := strings.Count(log.String(), "level=ERROR"); got != 1 {
		t.Errorf("broken file was reported %d times, want once:\n%s", got, log.String())
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	clock = clock.Add(2 * time.Second)
	check("gone", "new", true)
	write(one("old"))
	check("back", "old", true)
	clock = clock.AddDate(2, 0, 0)
	check("expired", "old", false)
}
