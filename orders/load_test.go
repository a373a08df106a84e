package orders_test

import (
	"errors"
	"testing"
	"time"

	"github.com/aisle-search/aisle/orders"
	"github.com/aisle-search/aisle/orders/orderstest"
	"golang.org/x/sync/errgroup"
)

// TestMigrate: nodes that start at once migrate once, and again changes nothing.
func TestMigrate(t *testing.T) {
	t.Parallel()
	db := orderstest.New(t)
	before, err := orders.MigrationStatus(t.Context(), db.URL)
	if err != nil || len(before) == 0 || before[0].Applied {
		t.Fatalf("got %+v, %v; want steps that are not applied", before, err)
	}
	var group errgroup.Group
	reports := make([]orders.MigrationReport, 3)
	for i := range reports {
		group.Go(func() (err error) {
			reports[i], err = orders.Migrate(t.Context(), db.URL)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	applied := 0
	for _, r := range reports {
		applied += len(r.Applied)
		if r.Version != reports[0].Version {
			t.Errorf("got version %d, want %d", r.Version, reports[0].Version)
		}
	}
	if applied != len(before) {
		t.Errorf("got %d steps applied, want %d", applied, len(before))
	}
	after, err := orders.MigrationStatus(t.Context(), db.URL)
	if err != nil || !after[0].Applied || after[0].AppliedAt.IsZero() || after[0].Name != "00001_orders.sql" {
		t.Errorf("got %+v, %v; want steps that are applied", after, err)
	}
}

// TestSetStocks: setting the same levels again writes nothing, and stock cannot
// be set below what is reserved.
func TestSetStocks(t *testing.T) {
	t.Parallel()
	db, store := orderstest.Shop(t)
	levels := []orders.StockLevel{{"p1", 5}, {"p2", 7}, {"p1", 6}}
	for range 2 {
		if _, err := store.SetStocks(t.Context(), levels); err != nil {
			t.Fatal(err)
		}
	}
	if got := orderstest.Value[string](t, db, `select string_agg(product_id || on_hand, ' ' order by product_id) from stock`); got != "p16 p27" {
		t.Errorf("got %q, want the last level of each", got)
	}
	if n := orderstest.Value[int64](t, db, `select count(distinct xmin::text) from stock`); n != 1 {
		t.Errorf("got rows of %d transactions, want unchanged levels left alone", n)
	}
	orderstest.Place(t, store, orderstest.Order("1", "p1"))
	if _, err := store.SetStock(t.Context(), "p1", 0); !errors.Is(err, orders.ErrBelowReserved) {
		t.Errorf("got %v, want ErrBelowReserved", err)
	}
	if _, err := store.SetStock(t.Context(), "p1", -1); !errors.Is(err, orders.ErrInvalid) {
		t.Errorf("got %v, want ErrInvalid", err)
	}
}

// TestLoadOrders: loading the same orders again adds none, they hold no stock,
// and one that is cancelled gives none back.
func TestLoadOrders(t *testing.T) {
	t.Parallel()
	db, store := orderstest.Shop(t)
	orderstest.Stock(t, store, map[string]int64{"p1": 5})
	at := time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC)
	rows := []orders.OrderRow{
		{ID: "01890000-0000-7000-8000-000000000001", Customer: "c", CreatedAt: at, Lines: []orders.PlaceLine{{Product: "p1", Quantity: 2}, {Product: "gone", Quantity: 1}}},
		{ID: "01890000-0000-7000-8000-000000000002", Customer: "c", CreatedAt: at, Lines: []orders.PlaceLine{{Product: "p1", Quantity: 1}}},
	}
	for _, want := range []int64{2, 0} {
		if got, lsn, err := store.LoadOrders(t.Context(), rows); err != nil || got != want || lsn == 0 {
			t.Fatalf("loaded %d at %v, %v; want %d", got, lsn, err, want)
		}
	}
	order, err := store.Order(t.Context(), rows[0].ID)
	if err != nil || len(order.Lines) != 2 || !order.CreatedAt.Equal(at) {
		t.Errorf("got %+v, %v; want the order as loaded", order, err)
	}
	if _, err := store.Cancel(t.Context(), rows[0].ID); err != nil {
		t.Fatal(err)
	}
	if got := orderstest.Value[int64](t, db, `select reserved from stock`); got != 0 {
		t.Errorf("got %d reserved, want 0", got)
	}
	rows[0].Lines[0].Quantity = 0
	if _, _, err := store.LoadOrders(t.Context(), rows); !errors.Is(err, orders.ErrInvalid) {
		t.Errorf("got %v, want ErrInvalid", err)
	}
}
