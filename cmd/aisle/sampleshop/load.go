package sampleshop

import (
	"context"
	"io"
	"os"
	"time"

	"github.com/aisle-search/aisle/catalog"
	"github.com/aisle-search/aisle/internal/sample"
	"github.com/aisle-search/aisle/orders"
)

// WriteSchema writes the sample's schema to a file and reads it.
func WriteSchema(path string) (*catalog.Schema, error) {
	text, err := sample.Schema()
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(text)
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(path, b, 0o644); err != nil {
		return nil, err
	}
	return catalog.LoadSchemaFile(path)
}

// LoadOrders loads the sample's stock and past. It returns how many products have stock
// and how many orders are new.
func LoadOrders(ctx context.Context, store *orders.Store) (stocked int, ordered int64, err error) {
	stocks, err := sample.Stocks()
	if err != nil {
		return 0, 0, err
	}
	levels := make([]orders.StockLevel, len(stocks))
	for i, s := range stocks {
		levels[i] = orders.StockLevel{Product: s.Product, OnHand: s.OnHand}
	}
	if _, err := store.SetStocks(ctx, levels); err != nil {
		return 0, 0, err
	}
	past, err := sample.Orders(time.Now())
	if err != nil {
		return 0, 0, err
	}
	rows := make([]orders.OrderRow, len(past))
	for i, o := range past {
		rows[i] = orders.OrderRow{ID: orders.OrderID(o.ID), Customer: o.Customer, CreatedAt: o.At}
		for _, l := range o.Lines {
			price := &orders.Money{Amount: l.UnitCents, Currency: "EUR"}
			rows[i].Lines = append(rows[i].Lines, orders.PlaceLine{Product: l.Product, Quantity: int64(l.Quantity), UnitPrice: price})
		}
	}
	ordered, _, err = store.LoadOrders(ctx, rows)
	return len(levels), ordered, err
}
