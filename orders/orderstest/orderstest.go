// Package orderstest gives tests a database of their own, Aisle's tables in it and
// the writes of a shop.
//
// Invariants:
//   - What cannot be done ends the test that asked for it.
//   - Databases and connections go with the test.
//
// What the tests are about is left to them. Nothing but tests imports it.
package orderstest

import (
	"testing"

	"github.com/aisle-search/aisle/internal/devdb"
	"github.com/aisle-search/aisle/orders"
	"github.com/jackc/pgx/v5/pgxpool"
)

// DB is a database and connections to it.
type DB struct {
	URL  string
	Pool *pgxpool.Pool
}

// New is a fresh database without tables.
func New(t testing.TB) DB {
	t.Helper()
	return Connect(t, devdb.ForTest(t).PostgresURL)
}

// Connect is a database that is there.
func Connect(t testing.TB, url string) DB {
	t.Helper()
	pool, err := pgxpool.New(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return DB{URL: url, Pool: pool}
}

// Shop is a fresh database with Aisle's own tables, and a store on them.
func Shop(t testing.TB) (DB, *orders.Store) {
	t.Helper()
	db := New(t)
	return db, db.Store(t)
}

// Store makes Aisle's own tables and opens a store on them.
func (db DB) Store(t testing.TB) *orders.Store {
	t.Helper()
	if _, err := orders.Migrate(t.Context(), db.URL); err != nil {
		t.Fatal(err)
	}
	store, err := orders.Open(t.Context(), db.URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	return store
}

// Exec runs statements.
func (db DB) Exec(t testing.TB, sql string, args ...any) {
	t.Helper()
	if _, err := db.Pool.Exec(t.Context(), sql, args...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// Value is the one value that a query answers.
func Value[T any](t testing.TB, db DB, sql string, args ...any) T {
	t.Helper()
	var v T
	if err := db.Pool.QueryRow(t.Context(), sql, args...).Scan(&v); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return v
}

// Order asks for one piece of a product.
func Order(key, product string) orders.PlaceRequest {
	return orders.PlaceRequest{
		Scope: "test", IdempotencyKey: key, RequestHash: []byte(key), Customer: "c1",
		Lines: []orders.PlaceLine{{Product: product, Quantity: 1}},
	}
}

// Place places an order.
func Place(t testing.TB, s *orders.Store, req orders.PlaceRequest) orders.PlaceResult {
	t.Helper()
	result, err := s.PlaceOrder(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// Stock sets pieces on hand by product.
func Stock(t testing.TB, s *orders.Store, levels map[string]int64) {
	t.Helper()
	var list []orders.StockLevel
	for product, pieces := range levels {
		list = append(list, orders.StockLevel{Product: product, OnHand: pieces})
	}
	if _, err := s.SetStocks(t.Context(), list); err != nil {
		t.Fatal(err)
	}
}
