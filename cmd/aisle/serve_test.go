package main

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/aisle-search/aisle/internal/client"
	"github.com/aisle-search/aisle/internal/devdb"
	"github.com/aisle-search/aisle/internal/poll"
	"github.com/aisle-search/aisle/internal/process"
)

// running is a server that serves the sample shop.
type running struct {
	url  string
	env  map[string]string
	log  *process.Output
	stop func() error // stops it and gives what its run returned
}

// startShop loads the sample shop into fresh databases and serves it, as the
// program does, on a free port.
func startShop(t *testing.T) *running {
	t.Helper()
	db := devdb.ForTest(t)
	dir := t.TempDir()
	std := streams{in: strings.NewReader(""), out: io.Discard, err: io.Discard}
	options := serveOptions{schema: filepath.Join(dir, "schema.yaml"), mongoURI: db.MongoURI, postgresURL: db.PostgresURL}
	if err := loadSample(t.Context(), options, std); err != nil {
		t.Fatal(err)
	}
	s := &running{log: &process.Output{}, env: map[string]string{
		"AISLE_MONGO_URI": db.MongoURI, "AISLE_POSTGRES_URL": db.PostgresURL,
		"AISLE_SCHEMA": options.schema, "AISLE_DATA": filepath.Join(dir, "data"),
	}}
	s.start(t)
	return s
}

// start runs aisle serve until the test ends or stop is called.
func (s *running) start(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	look := func(name string) (string, bool) { v, ok := s.env[name]; return v, ok }
	done := make(chan error, 1)
	go func() {
		done <- run(ctx, []string{"serve", "--listen", "127.0.0.1:0"}, look, streams{out: io.Discard, err: s.log})
	}()
	s.stop = sync.OnceValue(func() error { cancel(); return <-done })
	t.Cleanup(func() { _ = s.stop() }) // a test that cares asks itself
	poll.Eventually(t, "the server listens", func() (ok bool) {
		s.url, ok = process.Address(s.log.String())
		return ok
	})
	s.env["AISLE_SERVER"] = s.url
	poll.Eventually(t, "the server is ready", func() bool { return s.get("/readyz", nil) == http.StatusOK })
}

// get asks the server and decodes the answer; it returns the status, 0 for none.
func (s *running) get(path string, into any) int {
	server := client.Client{Address: s.url, HTTP: http.DefaultClient}
	status, _ := server.Call(context.Background(), http.MethodGet, path, nil, into) // the caller looks at what came
	return status
}

// price is the amount that a search shows for a product; 0 if it is not found.
func (s *running) price(id string) (amount int) {
	var answer client.Page[struct {
		Price struct{ Amount int } `json:"price"`
	}]
	s.get(client.SearchPath+"?"+url.Values{"q": {id}}.Encode(), &answer)
	for _, h := range answer.Hits {
		if h.ID == id {
			return h.Product.Price.Amount
		}
	}
	return 0
}

// The program serves the sample shop, shows what is written to its databases,
// answers its own client commands, and stops in order.
func TestServe(t *testing.T) {
	t.Parallel()
	s := startShop(t)
	const id = "DMK-DL1394-BK"
	before := s.price(id)
	changePrice(t, s.env["AISLE_MONGO_URI"], id)
	poll.Eventually(t, "the price change shows", func() bool { now := s.price(id); return now != 0 && now != before })

	poll.Eventually(t, "the first build has ended", func() bool {
		var r client.Rebuild
		return s.get(client.ReindexPath, &r) == http.StatusOK && r.State != "running"
	})

	judgments := filepath.Join(t.TempDir(), "judgments.csv")
	writeTest(t, judgments, "query,docid,rating\nfocus clamp desk lamp,"+id+",3\n")
	for _, tt := range []struct {
		args []string
		out  string
	}{
		{[]string{"reindex"}, "generation 2 serves"},
		{[]string{"dlq", "list"}, "no dead letters"},
		{[]string{"verify"}, "remaining     0"},
		{[]string{"verify", "--repair"}, "repaired      0"},
		{[]string{"eval", judgments, "--format", "json"}, `"queries": 1`},
		{[]string{"freshness", "--duration", "2s", "--rate", "50", "--products", "20"}, "orders placed"},
	} {
		if got := runFor(t, s.env, tt.args...); got.code != 0 || !strings.Contains(got.out, tt.out) {
			t.Errorf("aisle %v: got exit %d, %q and %q, want 0 and %q", tt.args, got.code, got.out, got.err, tt.out)
		}
	}
	second := runFor(t, s.env, "serve", "--listen", "127.0.0.1:0")
	if second.code != 1 || !strings.Contains(second.err, "in use") {
		t.Errorf("a second server on the folder: got exit %d and %q, want 1 and who holds it", second.code, second.err)
	}
	if err := s.stop(); err != nil {
		t.Errorf("stop: %v", err)
	}
	s.log = &process.Output{}
	s.start(t)
	if now := s.price(id); now == 0 || now == before {
		t.Errorf("after a restart: got price %d, want the changed one", now)
	}
}

func changePrice(t *testing.T, uri, id string) {
	t.Helper()
	c, err := mongo.Connect(options.Client().ApplyURI(uri))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Disconnect(context.Background())
	name := strings.TrimPrefix(regexp.MustCompile(`/aisle_test_\w+`).FindString(uri), "/")
	got, err := c.Database(name).Collection("products").UpdateByID(t.Context(), id,
		bson.D{{Key: "$inc", Value: bson.D{{Key: "price.amount", Value: 1}}}})
	if err != nil || got.ModifiedCount != 1 {
		t.Fatalf("change price: %v, %v", got, err)
	}
}

// serve refuses what cannot work before it touches anything.
func TestServeRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	schema := filepath.Join(dir, "schema.yaml")
	writeTest(t, schema, "fields:\n  title: {path: name, type: text, search: {weight: 1}}\n")
	base := map[string]string{
		"AISLE_MONGO_URI": "mongodb://127.0.0.1:1/shop", "AISLE_POSTGRES_URL": "postgres://127.0.0.1:1/shop",
		"AISLE_SCHEMA": schema, "AISLE_DATA": filepath.Join(dir, "data"),
	}
	tests := []struct {
		name string
		set  [2]string
		code int
		says string
	}{
		{"no MongoDB given", [2]string{"AISLE_MONGO_URI", ""}, 2, "--mongo-uri"},
		{"no schema given", [2]string{"AISLE_SCHEMA", ""}, 2, "--schema"},
		{"open to strangers without keys", [2]string{"AISLE_LISTEN", "0.0.0.0:0"}, 2, "--keys"},
		{"no schema file", [2]string{"AISLE_SCHEMA", "/nonexistent.yaml"}, 1, "nonexistent"},
		{"no configuration file", [2]string{"AISLE_CONFIG", "/nonexistent.yaml"}, 1, "nonexistent"},
		{"no keys file", [2]string{"AISLE_KEYS", "/nonexistent.yaml"}, 1, "nonexistent"},
		{"MongoDB is away", [2]string{"AISLE_MONGO_URI", "mongodb://127.0.0.1:1/shop?serverSelectionTimeoutMS=100"}, 1, "cannot be reached"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			env := map[string]string{tt.set[0]: tt.set[1]}
			for name, value := range base {
				if name != tt.set[0] {
					env[name] = value
				}
			}
			got := runFor(t, env, "serve")
			if got.code != tt.code || !strings.Contains(got.err, tt.says) {
				t.Errorf("got exit %d and %q, want %d and %q in it", got.code, got.err, tt.code, tt.says)
			}
		})
	}
}
