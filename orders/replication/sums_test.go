package replication

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/aisle-search/aisle/orders/orderstest"
	"github.com/google/go-cmp/cmp"
)

// The database adds rows up to what their Changes add up to, whatever the types
// of the mapped columns.
func TestSumsAreThoseOfChanges(t *testing.T) {
	t.Parallel()
	today := time.Date(2026, 3, 10, 0, 0, 0, 0, time.UTC)
	tests := []struct {
		name, sql string
		stock     StockTable
		lines     LineTable
	}{
		{
			name: "decimals and local times",
			sql: `create table shelf (id int primary key, item uuid, n numeric, r real);
				insert into shelf select i, ('00000000-0000-0000-0000-00000000000' || i % 5)::uuid, i * 3.7 - 20, i / 3.0 from generate_series(1, 20) i;
				insert into shelf values (21, null, 5, 1), (22, '00000000-0000-0000-0000-000000000009', 'NaN', 'NaN'), (23, '00000000-0000-0000-0000-000000000008', 'Infinity', '-1e30');
				create table sold (id int primary key, item uuid, n double precision, at timestamp, state char(9));
				insert into sold select i, ('00000000-0000-0000-0000-00000000000' || i % 5)::uuid, i * 1.9 - 10, timestamp '2026-03-12' - i * interval '7 hours',
					case i % 4 when 0 then 'gone' when 1 then null else 'fine' end from generate_series(1, 150) i;
				insert into sold values (151, '00000000-0000-0000-0000-000000000001', 1e30, 'infinity', 'fine'), (152, '00000000-0000-0000-0000-000000000001', 7, null, 'fine')`,
			stock: StockTable{Table: "shelf", Product: "item", OnHand: "n", Reserved: "r"},
			lines: LineTable{Table: "sold", Product: "item", Quantity: "n", CreatedAt: "at", Status: "state", Cancelled: []string{"gone     ", "lost"}},
		},
		{
			name: "booleans and days",
			sql: `create table shelf (id int primary key, item text, had boolean);
				insert into shelf values (1, 'a', true), (2, 'a', true), (3, 'b', false), (4, 'c', null), (5, '', true);
				create table sold (id int primary key, item bigint, n smallint, at date);
				insert into sold select i, i % 3, i, date '2026-03-12' - i from generate_series(1, 60) i`,
			stock: StockTable{Table: "shelf", Product: "item", OnHand: "had"},
			lines: LineTable{Table: "sold", Product: "item", Quantity: "n", CreatedAt: "at"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			db := orderstest.New(t)
			db.Exec(t, tt.sql)
			cfg := DefaultConfig()
			cfg.Stock, cfg.Lines = tt.stock, tt.lines
			source := NewSource(cfg, db.URL)
			t.Cleanup(source.Close)
			w := Windows{Today: today, Short: 7, Long: 30}
			want := changesSums(t, source, w)
			got := collectSums(t, source, w)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
			some := slices.Sorted(maps.Keys(want))[:2]
			if diff := cmp.Diff(map[string]Sum{some[0]: want[some[0]], some[1]: want[some[1]]}, collectSums(t, source, w, some...)); diff != "" {
				t.Errorf("of %v: %s", some, diff)
			}
			if err := source.DropSlot(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

func collectSums(t testing.TB, s *Source, w Windows, products ...string) map[string]Sum {
	t.Helper()
	out := map[string]Sum{}
	err := s.Sums(t.Context(), w, products, func(sum Sum) error {
		if !sum.Tracked && sum.Short == 0 && sum.Long == 0 {
			return nil // the same as none
		}
		out[sum.Product] = sum
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// changesSums adds up what a snapshot hands over.
func changesSums(t testing.TB, s *Source, w Windows) map[string]Sum {
	t.Helper()
	out := map[string]Sum{}
	_, err := s.Snapshot(t.Context(), time.Time{}, func(c Change) error {
		sum := out[c.Product]
		sum.Product = c.Product
		age := int(w.Today.Sub(c.At.Truncate(24*time.Hour)) / (24 * time.Hour))
		switch {
		case c.Kind == KindStock:
			sum.Tracked = true
			sum.Stock += c.Quantity
		case c.At.IsZero() || age < 0 || age >= w.Long:
			return nil
		default:
			sum.Long += c.Quantity
			if age < w.Short {
				sum.Short += c.Quantity
			}
		}
		out[c.Product] = sum
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	maps.DeleteFunc(out, func(_ string, s Sum) bool { return !s.Tracked && s.Short == 0 && s.Long == 0 })
	return out
}
