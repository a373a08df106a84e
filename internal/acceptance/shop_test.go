package acceptance

import (
	"bufio"
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/x/mongo/driver/connstring"

	"github.com/aisle-search/aisle/catalog"
	"github.com/aisle-search/aisle/internal/devdb"
	"github.com/aisle-search/aisle/internal/sample"
	"github.com/aisle-search/aisle/orders"
)

// everything is more products than the sample has.
const everything = 1 << 20

// shop is a shop's own databases and files.
type shop struct {
	dir, schemaFile, productFile string
	mongoURI, postgresURL        string

	schema   *catalog.Schema
	products *mongo.Collection
	orders   *orders.Store
	sql      *pgxpool.Pool
}

// newShop fills fresh databases with about n products of the sample, spread over
// its departments, with their stock and orders.
func newShop(t *testing.T, n int) *shop {
	t.Helper()
	db := devdb.ForTest(t)
	dir := t.TempDir()
	s := &shop{
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
func (s *shop) writeFiles(t *testing.T, n int) {
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

func (s *shop) connect(t *testing.T) {
	t.Helper()
	uri, err := connstring.Parse(s.mongoURI)
	if err != nil {
		t.Fatal(err)
	}
	client, err := mongo.Connect(options.Client().ApplyURI(s.mongoURI))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Disconnect(t.Context()) }) // nothing is left to lose
	s.products = client.Database(uri.Database).Collection(s.schema.Collection)
	if _, err := orders.Migrate(t.Context(), s.postgresURL); err != nil {
		t.Fatal(err)
	}
	if s.orders, err = orders.Open(t.Context(), s.postgresURL); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.orders.Close)
	if s.sql, err = pgxpool.New(t.Context(), s.postgresURL); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.sql.Close)
}

// loadOrders loads the sample's stock and past.
func (s *shop) loadOrders(t *testing.T) {
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
func (s *shop) ids(t *testing.T) []string {
	t.Helper()
	var documents []struct {
		ID string `bson:"_id"`
	}
	found, err := s.products.Find(t.Context(), bson.D{}, options.Find().SetProjection(bson.D{{Key: "_id", Value: 1}}))
	if err == nil {
		err = found.All(t.Context(), &documents)
	}
	if err != nil {
		t.Fatal(err)
	}
	ids := make([]string, len(documents))
	for i, d := range documents {
		ids[i] = d.ID
	}
	slices.SortFunc(ids, strings.Compare)
	return ids
}
