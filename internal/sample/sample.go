package sample

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/aisle-search/aisle/testdata"
)

// OrderLine is a product in an order.
type OrderLine struct {
	Product   string `json:"product"`
	Quantity  int    `json:"quantity"`
	UnitCents int64  `json:"unit_cents"` // EUR
}

// Order is an order of the past.
type Order struct {
	ID       string // UUID
	Customer string
	At       time.Time
	Lines    []OrderLine
}

// Stock is how many pieces of a product there are. Products without a row are
// made to order.
type Stock struct {
	Product string `json:"product"`
	OnHand  int64  `json:"on_hand"`
}

// Products returns the catalogue as JSON lines, one document each.
func Products() (io.Reader, error) { return file("products.jsonl") }

// Schema returns the schema file of the catalogue.
func Schema() (io.Reader, error) { return file("schema.yaml") }

// Judgments returns the judged queries as CSV: query,docid,rating.
func Judgments() (io.Reader, error) { return file("judgments.csv") }

// Orders returns the orders of the sixty days before now, oldest first.
func Orders(now time.Time) ([]Order, error) {
	type row struct {
		ID       string      `json:"id"`
		Customer string      `json:"customer"`
		AgeDays  float64     `json:"age_days"`
		Lines    []OrderLine `json:"lines"`
	}
	rows, err := lines[row]("orders.jsonl")
	if err != nil {
		return nil, err
	}
	orders := make([]Order, len(rows))
	for i, r := range rows {
		age := time.Duration(r.AgeDays * float64(24*time.Hour))
		orders[i] = Order{ID: r.ID, Customer: r.Customer, At: now.Add(-age).Truncate(time.Millisecond), Lines: r.Lines}
	}
	return orders, nil
}

// Stocks returns the stock of all products that have one.
func Stocks() ([]Stock, error) { return lines[Stock]("stock.jsonl") }

func file(name string) (io.Reader, error) {
	data, err := testdata.FS.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("read sample: %w", err)
	}
	return bytes.NewReader(data), nil
}

func lines[T any](name string) ([]T, error) {
	r, err := file(name)
	if err != nil {
		return nil, err
	}
	var all []T
	scanner := bufio.NewScanner(r)
	for n := 1; scanner.Scan(); n++ {
		var v T
		if err := json.Unmarshal(scanner.Bytes(), &v); err != nil {
			return nil, fmt.Errorf("read sample %s, line %d: %w", name, n, err)
		}
		all = append(all, v)
	}
	return all, scanner.Err()
}
