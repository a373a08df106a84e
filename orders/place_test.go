package orders_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aisle-search/aisle/orders"
	"github.com/aisle-search/aisle/orders/orderstest"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"
)

// TestNeverOversold: of 100 buyers at once of a product with 37 pieces, 37 are
// served and 63 refused, and nothing is left of the refused ones.
func TestNeverOversold(t *testing.T) {
	t.Parallel()
	db, store := orderstest.Shop(t)
	orderstest.Stock(t, store, map[string]int64{"p1": 37})
	var sold, refused atomic.Int32
	var buyers errgroup.Group
	for i := range 100 {
		buyers.Go(func() error {
			_, err := store.PlaceOrder(t.Context(), orderstest.Order(fmt.Sprint(i), "p1"))
			var short *orders.OutOfStockError
			switch {
			case err == nil:
				sold.Add(1)
			case errors.As(err, &short):
				refused.Add(1)
			default:
				return err
			}
			return nil
		})
	}
	if err := buyers.Wait(); err != nil {
		t.Fatal(err)
	}
	if sold.Load() != 37 || refused.Load() != 63 {
		t.Errorf("sold %d and refused %d, want 37 and 63", sold.Load(), refused.Load())
	}
	got := orderstest.Value[string](t, db, `select concat_ws(' ', (select reserved from stock), (select count(*) from orders),
		(select sum(held) from order_lines), (select count(*) from idempotency_keys))`)
	if want := "37 37 37 37"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestOppositeOrders: buyers and cancellers who name the same products in
// opposite order never wait for each other in a circle.
func TestOppositeOrders(t *testing.T) {
	t.Parallel()
	db, store := orderstest.Shop(t)
	orderstest.Stock(t, store, map[string]int64{"a": 10000, "b": 10000, "c": 10000, "Ä": 10000})
	products := []string{"a", "b", "c", "Ä"}
	var group errgroup.Group
	group.SetLimit(16)
	for i := range 100 {
		group.Go(func() error {
			req := orderstest.Order(fmt.Sprint(i), "")
			req.Lines = nil
			for j := range 4 {
				req.Lines = append(req.Lines, orders.PlaceLine{Product: products[(i+j*(1+2*(i%2)))%4], Quantity: 1})
			}
			result, err := store.PlaceOnce(t.Context(), req) // no retry that would hide a deadlock
			if err == nil && i%2 == 0 {
				_, err = store.CancelOnce(t.Context(), result.Order.ID)
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	if got := orderstest.Value[int64](t, db, `select sum(reserved)::bigint from stock`); got != 200 {
		t.Errorf("got %d reserved, want 200", got)
	}
}

// TestSameKeyAtOnce: of 20 parallel requests with one key one is carried out; the
// others get its answer or are told that it is under way.
func TestSameKeyAtOnce(t *testing.T) {
	t.Parallel()
	db, store := orderstest.Shop(t)
	orderstest.Stock(t, store, map[string]int64{"p1": 100})
	var fresh atomic.Int32
	var group errgroup.Group
	for range 20 {
		group.Go(func() error {
			result, err := store.PlaceOrder(t.Context(), orderstest.Order("k", "p1"))
			if err == nil && !result.Replayed {
				fresh.Add(1)
			}
			if errors.Is(err, orders.ErrInProgress) {
				return nil
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	if n := orderstest.Value[int64](t, db, `select count(*) from orders`); n != 1 || fresh.Load() != 1 {
		t.Errorf("got %d orders and %d first answers, want 1 and 1", n, fresh.Load())
	}
}

// TestIdempotency: a key answers again with what it answered first, even when
// the order has changed since; another body is refused; scopes are apart.
func TestIdempotency(t *testing.T) {
	t.Parallel()
	db, store := orderstest.Shop(t)
	orderstest.Stock(t, store, map[string]int64{"p1": 100})
	req := orderstest.Order("k", "p1")
	req.Lines[0].UnitPrice = &orders.Money{Amount: 1999, Currency: "EUR"}
	first := orderstest.Place(t, store, req)
	if id, err := uuid.Parse(string(first.Order.ID)); err != nil || id.Version() != 7 {
		t.Errorf("got id %s, want a UUIDv7", first.Order.ID)
	}
	read, err := store.Order(t.Context(), first.Order.ID)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first.Order, read); diff != "" {
		t.Errorf("placed (-), read (+):\n%s", diff)
	}
	if _, err := store.Cancel(t.Context(), first.Order.ID); err != nil {
		t.Fatal(err)
	}
	again := orderstest.Place(t, store, req)
	if !again.Replayed || again.LSN < first.LSN {
		t.Errorf("got replayed %v at %v, want a replay at %v or later", again.Replayed, again.LSN, first.LSN)
	}
	if diff := cmp.Diff(first.Order, again.Order); diff != "" {
		t.Errorf("first (-), replay (+):\n%s", diff)
	}
	other := req
	other.RequestHash = []byte("other")
	if _, err := store.PlaceOrder(t.Context(), other); !errors.Is(err, orders.ErrIdempotencyConflict) {
		t.Errorf("got %v, want ErrIdempotencyConflict", err)
	}
	other.Scope = "another"
	if orderstest.Place(t, store, other).Replayed {
		t.Error("another scope was answered with this one's order")
	}
	if n := orderstest.Value[int64](t, db, `select count(*) from orders`); n != 2 {
		t.Errorf("got %d orders, want 2", n)
	}
}

// TestInProgress: while one transaction holds the key, another is told at once.
func TestInProgress(t *testing.T) {
	t.Parallel()
	db, store := orderstest.Shop(t)
	orderstest.Stock(t, store, map[string]int64{"p1": 100})
	tx, err := db.Pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := orders.Claim(t.Context(), tx, orderstest.Order("k", "p1")); err != nil {
		t.Fatal(err)
	}
	if _, err := store.PlaceOrder(t.Context(), orderstest.Order("k", "p1")); !errors.Is(err, orders.ErrInProgress) {
		t.Errorf("got %v, want ErrInProgress", err)
	}
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	orderstest.Place(t, store, orderstest.Order("k", "p1"))
}

// TestOutOfStock: every line that cannot be had is named with what could be, or that
// it is withheld; nothing is written and the key is not used up.
func TestOutOfStock(t *testing.T) {
	t.Parallel()
	db, store := orderstest.Shop(t)
	orderstest.Stock(t, store, map[string]int64{"p1": 10, "p2": 5, "p3": 1})
	req := orderstest.Order("k", "p1")
	req.Lines = []orders.PlaceLine{{Product: "p2", Quantity: 3}, {Product: "p1", Quantity: 1}, {Product: "none", Quantity: 1}, {Product: "p2", Quantity: 3}, {Product: "p3", Quantity: 1}}
	req.Withheld = func(context.Context) (map[string]bool, error) { return map[string]bool{"p1": false, "p3": true}, nil }
	_, err := store.PlaceOrder(t.Context(), req)
	var short *orders.OutOfStockError
	if !errors.As(err, &short) {
		t.Fatalf("got %v, want OutOfStockError", err)
	}
	want := []orders.Shortage{
		{Line: 0, Product: "p2", Wanted: 6, Available: 5}, {Line: 2, Product: "none", Wanted: 1},
		{Line: 3, Product: "p2", Wanted: 6, Available: 5}, {Line: 4, Product: "p3", Wanted: 1, Withheld: true},
	}
	if diff := cmp.Diff(want, short.Lines); diff != "" {
		t.Errorf("want (-), got (+):\n%s", diff)
	}
	req.Withheld = func(context.Context) (map[string]bool, error) { return nil, orders.ErrBusy }
	if _, err := store.PlaceOrder(t.Context(), req); !errors.Is(err, orders.ErrBusy) {
		t.Errorf("got %v, want the error of asking what is withheld", err)
	}
	req.Withheld = nil
	if n := orderstest.Value[int64](t, db, `select sum(reserved)::bigint + (select count(*) from orders) + (select count(*) from idempotency_keys) from stock`); n != 0 {
		t.Errorf("got %d things left behind", n)
	}
	orderstest.Stock(t, store, map[string]int64{"p2": 6, "none": 1})
	if orderstest.Place(t, store, req).Replayed {
		t.Error("the refusal has used up the key")
	}
	if got := orderstest.Value[int64](t, db, `select reserved from stock where product_id = 'p2'`); got != 6 {
		t.Errorf("got %d reserved for two lines of one product, want 6", got)
	}
}

// TestPlaceValidation: bad requests name the field and reach no database.
func TestPlaceValidation(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		field string
		spoil func(*orders.PlaceRequest)
	}{
		{"scope", func(r *orders.PlaceRequest) { r.Scope = strings.Repeat("s", 256) }},
		{"idempotency_key", func(r *orders.PlaceRequest) { r.IdempotencyKey = "" }},
		{"idempotency_key", func(r *orders.PlaceRequest) { r.IdempotencyKey = strings.Repeat("k", 256) }},
		{"request_hash", func(r *orders.PlaceRequest) { r.RequestHash = nil }},
		{"request_hash", func(r *orders.PlaceRequest) { r.RequestHash = bytes.Repeat([]byte{1}, 65) }},
		{"customer", func(r *orders.PlaceRequest) { r.Customer = "" }},
		{"customer", func(r *orders.PlaceRequest) { r.Customer = "a\x00b" }},
		{"lines", func(r *orders.PlaceRequest) { r.Lines = nil }},
		{"lines", func(r *orders.PlaceRequest) { r.Lines = slices.Repeat(r.Lines, 201) }},
		{"lines[0].product", func(r *orders.PlaceRequest) { r.Lines[0].Product = "\xff" }},
		{"lines[0].quantity", func(r *orders.PlaceRequest) { r.Lines[0].Quantity = 0 }},
		{"lines[0].quantity", func(r *orders.PlaceRequest) { r.Lines[0].Quantity = 1 << 40 }},
		{"lines[0].unit_price.amount", func(r *orders.PlaceRequest) { r.Lines[0].UnitPrice = &orders.Money{Amount: -1, Currency: "EUR"} }},
		{"lines[0].unit_price.currency", func(r *orders.PlaceRequest) { r.Lines[0].UnitPrice = &orders.Money{Currency: "eur"} }},
	} {
		req := orderstest.Order("k", "p1")
		c.spoil(&req)
		_, err := (&orders.Store{}).PlaceOrder(t.Context(), req)
		var field *orders.FieldError
		if !errors.Is(err, orders.ErrInvalid) || !errors.As(err, &field) || field.Field != c.field {
			t.Errorf("got %v, want a orders.FieldError for %s", err, c.field)
		}
	}
}

// TestCancel: cancelling gives the stock back once, however often it is asked.
func TestCancel(t *testing.T) {
	t.Parallel()
	db, store := orderstest.Shop(t)
	orderstest.Stock(t, store, map[string]int64{"p1": 10, "p2": 10})
	req := orderstest.Order("k", "p1")
	req.Lines = append(req.Lines, orders.PlaceLine{Product: "p2", Quantity: 4}, orders.PlaceLine{Product: "p1", Quantity: 2})
	placed := orderstest.Place(t, store, req)
	var group errgroup.Group
	answers := make([]orders.CancelResult, 10)
	for i := range answers {
		group.Go(func() (err error) {
			answers[i], err = store.Cancel(t.Context(), placed.Order.ID)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	for _, a := range answers {
		if diff := cmp.Diff(answers[0].Order, a.Order); diff != "" {
			t.Errorf("answers differ:\n%s", diff)
		}
	}
	if o := answers[0].Order; o.Status != "cancelled" || o.CancelledAt == nil || o.Lines[2].Status != "cancelled" {
		t.Errorf("got %+v, want it cancelled with its lines", o)
	}
	if got := orderstest.Value[int64](t, db, `select sum(reserved)::bigint from stock`); got != 0 {
		t.Errorf("got %d reserved, want 0", got)
	}
	missing := orders.OrderID("01890000-0000-7000-8000-000000000000")
	if _, err := store.Cancel(t.Context(), missing); !errors.Is(err, orders.ErrOrderNotFound) {
		t.Errorf("got %v, want ErrOrderNotFound", err)
	}
	if _, err := store.Order(t.Context(), missing); !errors.Is(err, orders.ErrOrderNotFound) {
		t.Errorf("got %v, want ErrOrderNotFound", err)
	}
}

func BenchmarkPlaceOrder(b *testing.B) {
	_, store := orderstest.Shop(b)
	levels := map[string]int64{}
	for i := range 1000 {
		levels[fmt.Sprintf("p%d", i)] = 1 << 40
	}
	orderstest.Stock(b, store, levels)
	var n atomic.Int64
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			i := n.Add(1)
			if _, err := store.PlaceOrder(b.Context(), orderstest.Order(fmt.Sprint(i), fmt.Sprintf("p%d", i%1000))); err != nil {
				b.Error(err)
			}
		}
	})
}
