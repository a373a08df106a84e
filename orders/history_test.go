package orders_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aisle-search/aisle/orders"
	"github.com/aisle-search/aisle/orders/orderstest"
	"github.com/google/go-cmp/cmp"
)

// loadHistory loads n orders of customer "c", several in the same microsecond,
// and some of others; it returns the ids newest first.
func loadHistory(t testing.TB, db orderstest.DB, store *orders.Store, n int) []orders.OrderID {
	t.Helper()
	start := time.Date(2026, 1, 1, 0, 0, 0, 123_000, time.UTC)
	var rows []orders.OrderRow
	for i := range n {
		row := orders.OrderRow{Customer: "c", CreatedAt: start.Add(time.Duration(i/3) * time.Microsecond)}
		row.Lines = []orders.PlaceLine{{Product: fmt.Sprintf("p%d", i), Quantity: 1, UnitPrice: &orders.Money{Amount: int64(i), Currency: "EUR"}}}
		rows = append(rows, row, orders.OrderRow{Customer: "d", CreatedAt: row.CreatedAt, Lines: row.Lines})
	}
	if got, _, err := store.LoadOrders(t.Context(), rows); err != nil || got != int64(2*n) {
		t.Fatalf("loaded %d, %v; want %d", got, err, 2*n)
	}
	list, err := db.Pool.Query(t.Context(), `select id::text from orders where customer = 'c' order by created_at desc, orders.id desc`)
	if err != nil {
		t.Fatal(err)
	}
	defer list.Close()
	var ids []orders.OrderID
	for list.Next() {
		var id string
		if err := list.Scan(&id); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, orders.OrderID(id))
	}
	return ids
}

// walk reads a history page by page.
func walk(t testing.TB, store *orders.Store, q orders.HistoryQuery, between func(page int)) []orders.OrderID {
	t.Helper()
	var ids []orders.OrderID
	for n := 0; ; n++ {
		page, err := store.History(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range page.Orders {
			ids = append(ids, o.ID)
			if len(o.Lines) != 1 || o.Lines[0].UnitPrice == nil {
				t.Fatalf("got order %+v, want its line with a price", o)
			}
		}
		if page.Next == nil {
			return ids
		}
		key, err := orders.ParseHistoryKey(page.Next.Encode())
		if err != nil {
			t.Fatal(err)
		}
		q.After = &key
		between(n)
	}
}

// TestHistoryWalk: pages of any size give every order once, newest first, also
// while orders are placed.
func TestHistoryWalk(t *testing.T) {
	t.Parallel()
	db, store := orderstest.Shop(t)
	want := loadHistory(t, db, store, 200)
	orderstest.Stock(t, store, map[string]int64{"p1": 1000})
	for _, limit := range []int{1, 7, 100} {
		got := walk(t, store, orders.HistoryQuery{Customer: "c", Limit: limit, To: time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)}, func(page int) {
			req := orderstest.Order(fmt.Sprintf("%d-%d", limit, page), "p1")
			req.Customer = "c"
			orderstest.Place(t, store, req)
		})
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("limit %d: want (-), got (+):\n%s", limit, diff)
		}
	}
}

// TestHistoryBounds: from is inclusive, to is exclusive, and bad queries are
// refused.
func TestHistoryBounds(t *testing.T) {
	t.Parallel()
	db, store := orderstest.Shop(t)
	want := loadHistory(t, db, store, 9)
	start := time.Date(2026, 1, 1, 0, 0, 0, 123_000, time.UTC)
	q := orders.HistoryQuery{Customer: "c", Limit: 100, From: start.Add(time.Microsecond), To: start.Add(2 * time.Microsecond)}
	if diff := cmp.Diff(want[3:6], walk(t, store, q, func(int) {})); diff != "" {
		t.Errorf("want (-), got (+):\n%s", diff)
	}
	page, err := store.History(t.Context(), orders.HistoryQuery{Customer: "nobody", Limit: 1})
	if err != nil || len(page.Orders) != 0 || page.Next != nil {
		t.Errorf("got %+v, %v; want an empty page", page, err)
	}
	for _, bad := range []orders.HistoryQuery{{Customer: "", Limit: 1}, {Customer: "c"}, {Customer: "c", Limit: 101}, {Customer: "a\x00", Limit: 1}} {
		if _, err := store.History(t.Context(), bad); !errors.Is(err, orders.ErrInvalid) {
			t.Errorf("%+v: got %v, want ErrInvalid", bad, err)
		}
	}
}

// TestHistoryPlan: the history query is answered by its index alone and sorts
// nothing, on the first page and deep down.
func TestHistoryPlan(t *testing.T) {
	t.Parallel()
	db, store := orderstest.Shop(t)
	ids := loadHistory(t, db, store, 2000)
	db.Exec(t, `vacuum (analyze) orders`)
	deep, err := store.Order(t.Context(), ids[1500])
	if err != nil {
		t.Fatal(err)
	}
	for name, q := range map[string]orders.HistoryQuery{
		"first": {Customer: "c", Limit: 20},
		"deep":  {Customer: "c", Limit: 20, After: &orders.HistoryKey{CreatedAt: deep.CreatedAt, ID: deep.ID}},
	} {
		rows, err := db.Pool.Query(t.Context(), "explain (analyze, costs off, timing off, summary off) "+orders.HistorySQL, q.Arguments()...)
		if err != nil {
			t.Fatal(err)
		}
		var plan strings.Builder
		for rows.Next() {
			var line string
			if err := rows.Scan(&line); err != nil {
				t.Fatal(err)
			}
			plan.WriteString(line + "\n")
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		text := plan.String()
		if !strings.Contains(text, "Index Only Scan using orders_history") || strings.Contains(text, "Sort") ||
			strings.Contains(text, "Rows Removed") {
			t.Errorf("%s page: got plan\n%s", name, text)
		}
	}
}

func FuzzParseHistoryKey(f *testing.F) {
	f.Add(orders.HistoryKey{CreatedAt: time.UnixMicro(1_700_000_000_123_456), ID: "01890000-0000-7000-8000-000000000000"}.Encode())
	f.Add("")
	f.Add("AQ")
	f.Fuzz(func(t *testing.T, s string) {
		key, err := orders.ParseHistoryKey(s)
		if err != nil {
			if !errors.Is(err, orders.ErrInvalid) {
				t.Errorf("got %v, want ErrInvalid", err)
			}
			return
		}
		if got := key.Encode(); got != s {
			t.Errorf("got %q after a round trip, want %q", got, s)
		}
	})
}
