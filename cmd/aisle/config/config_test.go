package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aisle-search/aisle/search"
)

// The configuration that the documentation shows is one that is read.
func TestDocumentedConfig(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "configuration.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(doc), "```yaml\n")
	example, _, ok := strings.Cut(rest, "```")
	if !ok {
		t.Fatal("docs/configuration.md shows no YAML")
	}
	path := filepath.Join(t.TempDir(), "aisle.yaml")
	writeTest(t, path, example)
	c, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]search.Profile{"campaign": {
		Freshness: 0.3, HalfLife: 90 * 24 * time.Hour, SoldOut: 0.5,
		Popularity: 0.5, PopularityScale: 20, AvailableFirst: true,
	}}
	if diff := cmp.Diff(want, c.RankingProfiles()); diff != "" {
		t.Errorf("profiles differ (-want +got):\n%s", diff)
	}
	if c.Orders.Lines.Table != "sales.order_items" || c.OwnTables() || c.Limits.ConcurrentSearch != 16 || len(c.TrustedProxies) != 1 {
		t.Errorf("got %+v, want what the example says", c)
	}
}

// Wrong configurations are refused by name; none at all is fine.
func TestLoadConfig(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, content, says string }{
		{"empty", "", ""},
		{"unknown key", "ordres: {}", "ordres"},
		{"unknown inner key", "limits: {searches: 1}", "searches"},
		{"negative", "limits: {requests_per_second: -1}", "negative"},
		{"negative drain", "drain_ms: -1", "drain_ms"},
		{"negative cache", "cache: {megabytes: -1}", "cache"},
		{"too stale", "cache: {stale_ms: 5001}", "stale_ms"},
		{"bad node", "orders: {node: 'A B'}", "node"},
		{"not YAML", "{", "yaml"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "aisle.yaml")
			writeTest(t, path, tt.content)
			c, err := Load(path)
			switch {
			case tt.says == "" && err != nil:
				t.Errorf("got %v, want no error", err)
			case tt.says == "" && !c.OwnTables():
				t.Errorf("got %+v, want Aisle's own tables", c.Orders)
			case tt.says != "" && (err == nil || !strings.Contains(err.Error(), tt.says)):
				t.Errorf("got %v, want %q in it", err, tt.says)
			}
		})
	}
	if _, err := Load("/nonexistent.yaml"); err == nil {
		t.Error("a missing file: got no error")
	}
}

func writeTest(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}
