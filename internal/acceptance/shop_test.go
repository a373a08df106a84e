package acceptance

import (
	"bufio"
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/aisle-search/aisle/catalog"
	"github.com/aisle-search/aisle/cmd/aisle/sampleshop"
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
	if _, _, err := sampleshop.LoadOrders(t.Context(), s.orders); err != nil {
		t.Fatal(err)
	}
	return s
}

// writeFiles writes the schema, and every so many lines of the products.
func (s *testShop) writeFiles(t *testing.T, n int) {
	t.Helper()
	var err error
	if s.schema, err = sampleshop.WriteSchema(s.schemaFile); err != nil {
		t.Fatal(err)
	}
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

// ids are the products' ids as MongoDB holds them, in order.
func (s *testShop) ids(t *testing.T) []string {
	t.Helper()
	ids, err := s.IDs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return ids
}
