package replication

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"go.yaml.in/yaml/v3"
)

// TestConfigYAML: what a file leaves out is filled; a mapped table is taken as
// it is; unknown keys are errors.
func TestConfigYAML(t *testing.T) {
	t.Parallel()
	read := func(text string) (Config, error) {
		var cfg Config
		decoder := yaml.NewDecoder(strings.NewReader(text))
		decoder.KnownFields(true)
		err := decoder.Decode(&cfg)
		return cfg.WithDefaults(), err
	}
	got, err := read("stock: {table: shop.items, product: sku, on_hand: available}\n")
	if err != nil {
		t.Fatal(err)
	}
	want := DefaultConfig()
	want.Stock = StockTable{Table: "shop.items", Product: "sku", OnHand: "available"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("want (-), got (+):\n%s", diff)
	}
	if err := got.Validate(); err != nil {
		t.Errorf("got %v, want it valid", err)
	}
	if _, err := read("stock: {tabel: x}\n"); err == nil {
		t.Error("an unknown key was taken")
	}
}

// TestConfigValidate: each rule names the field.
func TestConfigValidate(t *testing.T) {
	t.Parallel()
	for field, spoil := range map[string]func(*Config){
		"node":             func(c *Config) { c.Node = "A" },
		"publication":      func(c *Config) { c.Publication = "a'b" },
		"stock.table":      func(c *Config) { c.Stock.Table = "a.b.c" },
		"lines.table":      func(c *Config) { c.Lines.Table = c.Stock.Table },
		"stock.product":    func(c *Config) { c.Stock.Product = "" },
		"stock.on_hand":    func(c *Config) { c.Stock.OnHand = strings.Repeat("x", 64) },
		"stock.reserved":   func(c *Config) { c.Stock.Reserved = "a\x00" },
		"lines.product":    func(c *Config) { c.Lines.Product = "" },
		"lines.quantity":   func(c *Config) { c.Lines.Quantity = "" },
		"lines.created_at": func(c *Config) { c.Lines.CreatedAt = "" },
		"lines.status":     func(c *Config) { c.Lines.Status = "" },
		"lines.cancelled":  func(c *Config) { c.Lines.Cancelled = nil },
	} {
		cfg := DefaultConfig()
		spoil(&cfg)
		if err := cfg.Validate(); !errors.Is(err, ErrConfig) || !strings.Contains(err.Error(), ": "+field+" is ") {
			t.Errorf("%s: got %v", field, err)
		}
	}
}

func TestParseTable(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in   string
		want pgx.Identifier // nil: refused
	}{
		{"stock", pgx.Identifier{"public", "stock"}},
		{"shop.Stock", pgx.Identifier{"shop", "Stock"}},
		{`"a.b"`, pgx.Identifier{"public", "a.b"}},
		{`"a""b"."c d"`, pgx.Identifier{`a"b`, "c d"}},
		{`x; drop table y`, pgx.Identifier{"public", "x; drop table y"}},
		{"", nil}, {".a", nil}, {"a.", nil}, {"a.b.c", nil}, {`"a`, nil}, {`"a"b`, nil}, {`""`, nil},
	} {
		got, err := parseTable(c.in)
		if (err != nil) != (c.want == nil) || !cmp.Equal(got, c.want) {
			t.Errorf("%q: got %q, %v; want %q", c.in, got, err, c.want)
		}
	}
}

func TestSlotName(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for _, database := range []string{"shop", "Shop", "shop-1", "shop_1", strings.Repeat("x", 63), strings.Repeat("x", 62), ""} {
		name := slotName(strings.Repeat("n", 32), database)
		if len(name) > 63 || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
			t.Errorf("%q: got %q, want a slot name", database, name)
		}
		if other, ok := seen[name]; ok {
			t.Errorf("%q and %q share the slot %q", database, other, name)
		}
		seen[name] = database
	}
	if got, want := slotName("main", "shop"), "aisle_slot_main_shop"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
