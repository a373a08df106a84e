package catalog

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/aisle-search/aisle/internal/devdb"
	"github.com/aisle-search/aisle/internal/netfault"
)

// silence is how long a server may be silent in the tests in which one is: short, and
// still longer than a busy machine stands still.
const silence = 8 * time.Second

// Ensures that a server that does not answer is named, without the password, and
// with what to do.
func TestOpenUnreachable(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	cfg := Config{URI: "mongodb://user:secret@" + address + "/shop", Schema: parseSchema(t, testSchema), ConnectTimeout: 200 * time.Millisecond}
	_, err = Open(t.Context(), cfg)
	if !errors.Is(err, ErrUnreachable) || !strings.Contains(err.Error(), address+": start it") {
		t.Errorf("got %v", err)
	}
	if strings.Contains(err.Error(), "secret") {
		t.Errorf("password in %v", err)
	}
	cfg.URI = "localhost"
	if _, err := Open(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), "want mongodb://") {
		t.Errorf("got %v", err)
	}
}

// Ensures that servers that cannot be followed are told from those that can.
func TestSuitable(t *testing.T) {
	t.Parallel()
	s := &Store{hosts: "h:1"}
	for _, test := range []struct {
		name  string
		hello hello
		build buildInfo
		want  error
	}{
		{"replica set", hello{SetName: "rs0"}, buildInfo{"8.0.4", []int32{8, 0, 4, 0}}, nil},
		{"sharded", hello{Msg: "isdbgrid"}, buildInfo{"7.0.1", []int32{7, 0, 1, 0}}, nil},
		{"standalone", hello{}, buildInfo{"8.0.4", []int32{8, 0, 4, 0}}, ErrNotReplicaSet},
		{"old", hello{SetName: "rs0"}, buildInfo{"4.4.1", []int32{4, 4, 1, 0}}, ErrServerTooOld},
	} {
		if err := s.suitable(test.hello, test.build); !errors.Is(err, test.want) {
			t.Errorf("%s: got %v, want %v", test.name, err, test.want)
		}
	}
}

// Ensures that errors of the server become those that callers act on.
func TestServerErrors(t *testing.T) {
	t.Parallel()
	store := &Store{hosts: "h:1", database: "shop"}
	client, err := mongo.Connect() // connects nowhere by itself
	if err != nil {
		t.Fatal(err)
	}
	defer client.Disconnect(context.Background())
	store.collection = client.Database("shop").Collection("products")
	source := NewSource(store)
	for _, test := range []struct {
		code int32
		want error
	}{
		{286, ErrPositionLost}, {280, ErrPositionLost}, {136, ErrPositionLost}, {260, ErrPositionLost},
		{9, ErrPositionLost}, {10334, ErrPositionLost}, {13, ErrPrivileges}, {91, nil}, {189, nil}, {11600, nil},
	} {
		err := source.streamError(mongo.CommandError{Code: test.code, Message: "m"})
		for _, sentinel := range []error{ErrPositionLost, ErrInvalidated, ErrPrivileges} {
			if got, want := errors.Is(err, sentinel), errors.Is(test.want, sentinel); got != want {
				t.Errorf("code %d: got %v", test.code, err)
			}
		}
	}
	for verb, want := range map[string]string{"read": `role: "read", db: "shop"`, "write": `role: "readWrite", db: "shop"`} {
		if err := store.refused(verb, mongo.CommandError{Code: 13}); !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", verb, err, want)
		}
	}
}

// Ensures that a stream goes on where it was when the server is killed and comes
// back, and that meanwhile the error is one that passes.
func TestServerRestart(t *testing.T) {
	t.Parallel()
	db, err := devdb.Start(t.Context(), devdb.Options{PostgresURL: "postgres://not.needed/"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	store, err := Open(t.Context(), Config{URI: db.MongoURI, Schema: parseSchema(t, testSchema), ConnectTimeout: silence})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close(context.Background()) })
	source, got := NewSource(store), view{}
	insert(t, store.collection, docs(50)...)
	pos := snapshot(t, source, got)
	done := make(chan error)
	seen := make(chan struct{}, 1)
	go func() {
		done <- follow(t, source, pos, func(c Change) bool {
			pos = c.Position
			_ = got.apply(c)
			if c.ID == "before" {
				seen <- struct{}{}
			}
			return false
		})
	}()
	insert(t, store.collection, doc("before", "the stop"))
	<-seen
	if err := db.StopMongo(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err == nil || errors.Is(err, ErrPositionLost) || errors.Is(err, ErrInvalidated) {
		t.Errorf("got %v, want an error that passes", err)
	}
	if err := db.StartMongo(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := store.collection.DeleteOne(t.Context(), bson.D{{Key: "_id", Value: "p00007"}}); err != nil {
		t.Fatal(err)
	}
	insert(t, store.collection, doc("after", "the start"))
	if err := follow(t, source, pos, func(c Change) bool { _ = got.apply(c); return c.ID == "after" }); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(stored(t, store.collection), got); diff != "" {
		t.Error(diff)
	}
}

// Ensures that a server may take longer over an answer than it may be silent, as long as
// it is there.
func TestBusyServer(t *testing.T) {
	t.Parallel()
	store, err := Open(t.Context(), Config{URI: devdb.ForTest(t).MongoURI, Schema: parseSchema(t, testSchema), AnswerTimeout: silence})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	err = store.patiently(t.Context(), func(ctx context.Context) error {
		select {
		case <-time.After(silence + silence/4):
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
	if err != nil {
		t.Errorf("got %v, want an answer", err)
	}
}

// Ensures that a line that freezes without a word ends a snapshot and a stream, with
// an error that passes, wherever they are.
func TestFrozenLine(t *testing.T) {
	t.Parallel()
	for _, phase := range []string{"before", "snapshot", "stream"} {
		t.Run(phase, func(t *testing.T) {
			t.Parallel()
			line, uri, err := netfault.Behind(devdb.ForTest(t).MongoURI)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(line.Close)
			store, err := Open(t.Context(), Config{
				URI: uri, Schema: parseSchema(t, testSchema), ConnectTimeout: silence, AnswerTimeout: silence,
			})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				line.Heal()
				if err := store.Close(context.Background()); err != nil {
					t.Error(err)
				}
			})
			insert(t, store.collection, docs(2*scanBatch)...)
			source := NewSource(store)
			if phase == "stream" {
				pos := snapshot(t, source, view{})
				err = follow(t, source, pos, func(Change) bool { line.Freeze(); return false })
			} else {
				if phase == "before" {
					line.Freeze()
				}
				_, err = source.Snapshot(t.Context(), func(Change) error { line.Freeze(); return nil })
			}
			if errors.Is(err, ErrPositionLost) || errors.Is(err, ErrInvalidated) {
				t.Errorf("got %v, want one that passes", err)
			}
			want := ErrSilent
			if phase == "before" {
				want = context.DeadlineExceeded
			}
			if !errors.Is(err, want) {
				t.Errorf("got %v, want %v", err, want)
			}
			line.Heal()
			if pos := snapshot(t, source, view{}); len(pos.Token) == 0 {
				t.Error("no position after the line has healed")
			}
		})
	}
}
