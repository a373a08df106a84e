package devdb

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo"
)

// shared is the pair of servers of a test binary. It is the module's one
// variable of this kind: tests have no main to own it. It is never closed; the
// servers end, and their data goes, when the test binary does.
var shared struct {
	once sync.Once
	db   *Databases
	err  error
}

// startShared reads the environment, which otherwise only cmd does, because
// nothing else reaches a test binary: AISLE_MONGO_URI and AISLE_POSTGRES_URL
// name servers to use instead.
func startShared() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute) // may have to install
	defer cancel()
	shared.db, shared.err = Start(ctx, Options{
		Log:      os.Stderr,
		MongoURI: os.Getenv("AISLE_MONGO_URI"), PostgresURL: os.Getenv("AISLE_POSTGRES_URL"),
	})
}

// cleanWait bounds the clean-up of one server, which may be busy with other tests.
const cleanWait = time.Minute

// ForTest returns a fresh database in each of two servers, which all tests of a
// test binary share and which therefore cannot be stopped. Both databases are
// dropped when the test ends, with the replication slots that are left.
func ForTest(t testing.TB) *Databases {
	t.Helper()
	shared.once.Do(startShared)
	if shared.err != nil {
		t.Fatalf("start development databases: %v", shared.err)
	}
	name := "aisle_test_" + strings.ToLower(rand.Text()[:12])
	mongoURI, err := withDatabase(shared.db.MongoURI, name)
	if err != nil {
		t.Fatal(err)
	}
	postgresURL, err := withDatabase(shared.db.PostgresURL, name)
	if err != nil {
		t.Fatal(err)
	}
	if err := createDatabase(t.Context(), shared.db.PostgresURL, name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 2*cleanWait)
		defer cancel()
		if err := dropDatabase(ctx, shared.db.PostgresURL, name); err != nil {
			t.Errorf("clean up Postgres: %v", err)
		}
		err := withMongo(ctx, mongoURI, cleanWait, func(ctx context.Context, c *mongo.Client) error {
			return c.Database(name).Drop(ctx)
		})
		if err != nil {
			t.Errorf("clean up MongoDB: %v", err)
		}
	})
	return &Databases{MongoURI: mongoURI, PostgresURL: postgresURL}
}

// withDatabase puts the name of a database into a URI.
func withDatabase(uri, name string) (string, error) {
	u, err := url.Parse(uri)
	if err != nil {
		return "", fmt.Errorf("read database URI: %w", err) // errors of url hide passwords
	}
	u.Path = "/" + name
	return u.String(), nil
}
