package devdb

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/aisle-search/aisle/internal/poll"
	"github.com/jackc/pgx/v5"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
)

// ownerFlag makes the test binary an owner of databases that never closes them.
const ownerFlag = "AISLE_DEVDB_TEST_OWNER"

func TestMain(m *testing.M) {
	if os.Getenv(ownerFlag) != "" {
		own()
		return
	}
	os.Exit(m.Run())
}

// own starts databases, tells their processes and folders, and waits to be
// killed.
func own() {
	d, err := Start(context.Background(), Options{})
	if err != nil {
		fmt.Fprint(os.Stderr, err)
		os.Exit(1)
	}
	for _, s := range []*server{d.mongo, d.postgres} {
		fmt.Println(s.proc.pid, s.proc.cmd.Process.Pid, s.folder)
	}
	fmt.Println("ready")
	select {}
}

func gone(pid int) bool { return errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) }

func missing(path string) bool {
	_, err := os.Stat(path)
	return errors.Is(err, os.ErrNotExist)
}

// A killed owner leaves neither processes nor data.
func TestOwnerKilled(t *testing.T) {
	t.Parallel()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), ownerFlag+"=1")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var pids []int
	var folders []string
	lines := bufio.NewScanner(out)
	for lines.Scan() && lines.Text() != "ready" {
		f := strings.Fields(lines.Text())
		server, _ := strconv.Atoi(f[0])
		supervisor, _ := strconv.Atoi(f[1])
		pids = append(pids, server, supervisor)
		folders = append(folders, f[2])
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // says "killed"
	if len(pids) != 4 {
		t.Fatalf("got %d processes, want 4", len(pids))
	}
	for _, pid := range pids {
		poll.Eventually(t, "process "+strconv.Itoa(pid)+" is gone", func() bool { return gone(pid) })
	}
	for _, folder := range folders {
		poll.Eventually(t, folder+" is removed", func() bool { return missing(folder) })
	}
}

// The servers do what the sources need, and nothing is left of them after Close.
func TestStartClose(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	d, err := Start(ctx, Options{PostgresSettings: []string{"wal_sender_timeout=5s"}})
	if err != nil {
		t.Fatal(err)
	}
	closed := false
	defer func() {
		if !closed {
			d.Close()
		}
	}()
	conn, err := pgx.Connect(ctx, d.PostgresURL)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	for name, want := range map[string]string{"wal_level": "logical", "wal_sender_timeout": "5s", "listen_addresses": "127.0.0.1"} {
		var got string
		if err := conn.QueryRow(ctx, "SHOW "+name).Scan(&got); err != nil || got != want {
			t.Errorf("%s: got %q (%v), want %q", name, got, err, want)
		}
	}
	err = withMongo(ctx, d.MongoURI, poll.Patience, func(ctx context.Context, c *mongo.Client) error {
		stream, err := c.Database(database).Collection("products").Watch(ctx, mongo.Pipeline{})
		if err != nil {
			return err
		}
		return stream.Close(ctx)
	})
	if err != nil {
		t.Errorf("open change stream: %v", err)
	}
	servers := []*server{d.mongo, d.postgres}
	var pids []int
	for _, s := range servers {
		pids = append(pids, s.proc.pid, s.proc.cmd.Process.Pid)
	}
	closed = true
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	for _, pid := range pids {
		if !gone(pid) {
			t.Errorf("process %d is left", pid)
		}
	}
	for _, s := range servers {
		if !missing(s.folder) {
			t.Errorf("folder %s is left", s.folder)
		}
	}
}

// Servers that crash or stop come back with their port and data, and so does a
// later start on the same folder.
func TestRestart(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	dir := filepath.Join(t.TempDir(), "kept")
	open := filepath.Dir(filepath.Dir(dir)) // the test's folders are private; the user postgres must pass
	for d := filepath.Dir(dir); d != filepath.Dir(open); d = filepath.Dir(d) {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	o := Options{Dir: dir}
	if _, err := exec.LookPath("mongod"); err != nil {
		o.MongoArgs = []string{"--sync-on-commit"} // or secantusd loses the last writes when killed
	}
	d, err := Start(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { d.Close() }()
	insert(t, d, 1)
	steps := []struct {
		name        string
		stop        func() error
		start       func(context.Context) error
		other       func() error
		otherStarts func(context.Context) error
	}{
		{"crash", d.KillMongo, d.StartMongo, d.KillPostgres, d.StartPostgres},
		{"stop", d.StopMongo, d.StartMongo, d.StopPostgres, d.StartPostgres},
	}
	for i, s := range steps {
		for _, stop := range []func() error{s.stop, s.other} {
			if err := stop(); err != nil {
				t.Fatalf("%s: %v", s.name, err)
			}
		}
		for _, start := range []func(context.Context) error{s.start, s.otherStarts} {
			if err := start(ctx); err != nil {
				t.Fatalf("%s: %v", s.name, err)
			}
		}
		insert(t, d, i+2)
	}
	uris := []string{d.MongoURI, d.PostgresURL}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if d, err = Start(ctx, o); err != nil {
		t.Fatal(err)
	}
	insert(t, d, 4)
	if d.MongoURI != uris[0] || d.PostgresURL != uris[1] {
		t.Errorf("got %s and %s, want the addresses of the last time %v", d.MongoURI, d.PostgresURL, uris)
	}
}

// insert adds a row to both databases, and checks that there are want then.
func insert(t *testing.T, d *Databases, want int) {
	t.Helper()
	ctx := t.Context()
	conn, err := pgx.Connect(ctx, d.PostgresURL)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, "CREATE TABLE IF NOT EXISTS kept (n int); INSERT INTO kept VALUES (1)"); err != nil {
		t.Fatal(err)
	}
	var got int
	if err := conn.QueryRow(ctx, "SELECT count(*) FROM kept").Scan(&got); err != nil || got != want {
		t.Errorf("Postgres: got %d rows (%v), want %d", got, err, want)
	}
	uri, err := url.Parse(d.MongoURI)
	if err != nil {
		t.Fatal(err)
	}
	err = withMongo(ctx, d.MongoURI, poll.Patience, func(ctx context.Context, c *mongo.Client) error {
		name := strings.TrimPrefix(uri.Path, "/")
		kept := c.Database(name).Collection("kept")
		if _, err := kept.InsertOne(ctx, bson.D{{Key: "n", Value: 1}}); err != nil {
			return err
		}
		got, err := kept.CountDocuments(ctx, bson.D{})
		if err == nil && got != int64(want) {
			t.Errorf("MongoDB: got %d documents, want %d", got, want)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// Each test gets databases of its own, which end with it, slots and all.
func TestForTest(t *testing.T) {
	t.Parallel()
	var first *Databases
	t.Run("inner", func(t *testing.T) {
		first = ForTest(t)
		insert(t, first, 1)
		conn, err := pgx.Connect(t.Context(), first.PostgresURL)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(t.Context())
		if _, err := conn.Exec(t.Context(), "SELECT pg_create_logical_replication_slot('left_over', 'pgoutput')"); err != nil {
			t.Fatal(err)
		}
		if err := first.StopMongo(); !errors.Is(err, ErrNotOurs) {
			t.Errorf("StopMongo: got %v, want ErrNotOurs", err)
		}
	})
	second := ForTest(t)
	if first.MongoURI == second.MongoURI || first.PostgresURL == second.PostgresURL {
		t.Errorf("got the same databases twice: %v", second)
	}
	insert(t, second, 1)
	if conn, err := pgx.Connect(t.Context(), first.PostgresURL); err == nil {
		conn.Close(t.Context())
		t.Errorf("database %s is left", first.PostgresURL)
	}
}

// A server that cannot start says why and leaves nothing.
func TestStartFails(t *testing.T) {
	t.Parallel()
	d, err := Start(t.Context(), Options{MongoURI: "mongodb://unused", PostgresSettings: []string{"wal_level=nonsense"}})
	if err == nil {
		d.Close()
		t.Fatal("got no error")
	}
	if !strings.Contains(err.Error(), "wal_level") {
		t.Errorf("got %q, want the server's own reason in it", err)
	}
}
