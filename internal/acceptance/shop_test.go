package acceptance

import (
	"bufio"
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/aisle-search/aisle/catalog"
	"github.com/aisle-search/aisle/internal/devdb"
	"github.com/aisle-search/aisle/internal/sample"
	"github.com/aisle-search/aisle/internal/shop"
	"github.com/aisle-search/aisle/orders"
)

// everything is more products than the sample has.
const everything = 1 << 20

// testShop is a shop's own databases and files.
type testShop struct {
	*shop.Shop

	dir, schemaFile, productFile string
	mongoURI, postgresURL        string

	schema *catalog.Schema
	orders *orders.Store
}

// newShop fills fresh databases with about n products of the sample, spread over
// its departments, with their stock and orders.
func newShop(t *testing.T, n int) *testShop {
	t.Helper()
	db := devdb.ForTest(t)
	dir := t.TempDir()
	s := &testShop{
		dir: dir, schemaFile: filepath.Join(dir, "schema.yaml"), productFile: filepath.Join(dir, "products.jsonl"),
		mongoURI: db.MongoURI, postgresURL: db.PostgresURL,
	}
	s.writeFiles(t, n)
	s.connect(t)
	s.mustAisle(t, "load", s.productFile)
	s.loadOrders(t)
	return s
}

// writeFiles writes the schema, and every so many lines of the products.
func (s *testShop) writeFiles(t *testing.T, n int) {
	t.Helper()
	schema, err := sample.Schema()
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	if _, err := text.ReadFrom(schema); err != nil {
		t.Fatal(err)
	}
	writeFile(t, s.schemaFile, text.Bytes())
	products, err := sample.Products()
	if err != nil {
		t.Fatal(err)
	}
	var lines [][]byte
	for scan := bufio.NewScanner(products); scan.Scan(); {
		lines = append(lines, append(bytes.Clone(scan.Bytes()), '\n'))
	}
	step := max(1, len(lines)/n)
	var kept []byte
	for i := 0; i < len(lines); i += step {
		kept = append(kept, lines[i]...)
	}
	writeFile(t, s.productFile, kept)
	if s.schema, err = catalog.LoadSchemaFile(s.schemaFile); err != nil {
		t.Fatal(err)
	}
}

func writeFile(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

func (s *testShop) connect(t *testing.T) {
	t.Helper()
	var err error
	s.Shop, err = shop.Open(t.Context(), shop.Place{MongoURI: s.mongoURI, PostgresURL: s.postgresURL, Collection: s.schema.Collection})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	if _, err := orders.Migrate(t.Context(), s.postgresURL); err != nil {
		t.Fatal(err)
	}
	if s.orders, err = orders.Open(t.Context(), s.postgresURL); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.orders.Close)
}

// loadOrders loads the sample's stock and past.
func (s *testShop) loadOrders(t *testing.T) {
	t.Helper()
	stocks, err := sample.Stocks()
	if err != nil {
		t.Fatal(err)
	}
	levels := make([]orders.StockLevel, len(stocks))
	for i, l := range stocks {
		levels[i] = orders.StockLevel{Product: l.Product, OnHand: l.OnHand}
	}
	if _, err := s.orders.SetStocks(t.Context(), levels); err != nil {
		t.Fatal(err)
	}
	past, err := sample.Orders(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	rows := make([]orders.OrderRow, len(past))
	for i, o := range past {
		rows[i] = orders.OrderRow{ID: orders.OrderID(o.ID), Customer: o.Customer, CreatedAt: o.At}
		for _, l := range o.Lines {
			rows[i].Lines = append(rows[i].Lines, orders.PlaceLine{Product: l.Product, Quantity: int64(l.Quantity)})
		}
	}
	if _, _, err := s.orders.LoadOrders(t.Context(), rows); err != nil {
		t.Fatal(err)
	}
}

// ids are the products' ids as MongoDB holds them, in order.
func (s *testShop) ids(t *testing.T) []string {
	t.Helper()
	ids, err := s.IDs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return ids
}
