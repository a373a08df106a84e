package catalog

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"golang.org/x/sync/errgroup"
)

// errEnough ends a stream that a test has seen enough of.
var errEnough = errors.New("enough")

// follow streams until the condition holds.
func follow(t testing.TB, s *Source, from Position, until func(Change) bool) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), timeout)
	defer cancel()
	err := s.Stream(ctx, from, func(c Change) error {
		if until(c) {
			return errEnough
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}

func snapshot(t testing.TB, s *Source, into view) Position {
	t.Helper()
	pos, err := s.Snapshot(t.Context(), into.apply)
	if err != nil {
		t.Fatal(err)
	}
	return pos
}

func head(t testing.TB, s *Source) ClusterTime {
	t.Helper()
	now, err := s.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return now
}

// Ensures that snapshot and stream together give exactly what is stored, while
// documents are inserted, changed and deleted at both ends of the scan.
func TestSnapshotJoinsStream(t *testing.T) {
	t.Parallel()
	store := openStore(t)
	c := store.collection
	const initial, writes = 3000, 600
	insert(t, c, docs(initial)...)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	source, got := NewSource(store), view{}
	var pos Position
	group, ctx := errgroup.WithContext(t.Context())
	started := make(chan struct{})
	group.Go(func() error {
		<-started
		rng := rand.New(rand.NewPCG(seed, 1))
		for i := range writes {
			id := fmt.Sprintf("p%05d", rng.IntN(initial+100))
			var err error
			switch rng.IntN(3) {
			case 0:
				_, err = c.DeleteOne(ctx, bson.D{{Key: "_id", Value: id}})
			default:
				_, err = c.UpdateByID(ctx, id, bson.D{{Key: "$set", Value: bson.D{{Key: "price", Value: i}}}}, options.UpdateOne().SetUpsert(true))
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	group.Go(func() (err error) {
		n := 0
		pos, err = source.Snapshot(ctx, func(c Change) error {
			if n++; n == 1 {
				close(started)
			}
			if c.Op != OpUpsert || len(c.Position.Token) > 0 {
				return fmt.Errorf("got %+v, want an upsert without position", c)
			}
			return got.apply(c)
		})
		return err
	})
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	insert(t, c, doc("last", "marks the end"))
	last := pos
	err := follow(t, source, pos, func(c Change) bool {
		if c.Position.Time.Compare(last.Time) < 0 {
			t.Errorf("time went back from %s to %s", last.Time, c.Position.Time)
		}
		last = c.Position
		_ = got.apply(c)
		return c.ID == "last"
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(stored(t, c), got); diff != "" {
		t.Error(diff)
	}
}

// Ensures that an update whose document is gone by the time it is read does no
// harm, and that a stream goes on after each position without loss (A4).
func TestUpdateThenDelete(t *testing.T) {
	t.Parallel()
	store := openStore(t)
	c, ctx := store.collection, t.Context()
	source, got := NewSource(store), view{}
	pos := snapshot(t, source, got)
	insert(t, c, doc("p1", "one"))
	if _, err := c.UpdateByID(ctx, "p1", bson.D{{Key: "$set", Value: bson.D{{Key: "price", Value: 1}}}}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.DeleteOne(ctx, bson.D{{Key: "_id", Value: "p1"}}); err != nil {
		t.Fatal(err)
	}
	insert(t, c, doc("p2", "two"))
	var ops []Op
	for len(ops) < 4 { // a new stream for every event, as if restarted each time
		err := follow(t, source, pos, func(c Change) bool {
			if pos = c.Position; c.Op == OpTick {
				return false
			}
			ops = append(ops, c.Op)
			_ = got.apply(c)
			if c.CommittedAt.IsZero() {
				t.Errorf("%s: no commit time", c.ID)
			}
			return true
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]Op{OpUpsert, OpDelete, OpDelete, OpUpsert}, ops); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(stored(t, c), got); diff != "" {
		t.Error(diff)
	}
}

// Ensures that the position moves when only other collections are written, and
// that a position reaches the time of every write (A10).
func TestIdlePositionMoves(t *testing.T) {
	t.Parallel()
	store := openStore(t)
	source := NewSource(store)
	pos := snapshot(t, source, view{})
	other := store.collection.Database().Collection("other")
	insert(t, other, docs(10)...)
	before := head(t, source)
	insert(t, other, docs(20)[10:]...)
	if err := follow(t, source, pos, func(c Change) bool {
		if c.Op != OpTick {
			t.Errorf("got %+v, want ticks only", c)
		}
		return c.Position.Time.Compare(before) >= 0
	}); err != nil {
		t.Fatal(err)
	}
	w, err := store.Put(t.Context(), "p1", []byte(`{"name": "x"}`), Condition{})
	if err != nil {
		t.Fatal(err)
	}
	seen := false
	if err := follow(t, source, pos, func(c Change) bool {
		seen = seen || c.ID == "p1"
		return c.Position.Time.Compare(w.Time) >= 0
	}); err != nil {
		t.Fatal(err)
	}
	if !seen {
		t.Error("the write's time was reached before the write")
	}
}

// Ensures that a drop, a rename away, and a rename over the collection are
// reported, both while streaming and after a restart (A5, A6).
func TestInvalidated(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		change func(t *testing.T, s *Store)
	}{
		{"drop", func(t *testing.T, s *Store) {
			if err := s.collection.Drop(t.Context()); err != nil {
				t.Fatal(err)
			}
		}},
		{"drop database", func(t *testing.T, s *Store) {
			if err := s.collection.Database().Drop(t.Context()); err != nil {
				t.Fatal(err)
			}
		}},
		{"drop and recreate", func(t *testing.T, s *Store) {
			if err := s.collection.Drop(t.Context()); err != nil {
				t.Fatal(err)
			}
			insert(t, s.collection, doc("p6", "six"))
		}},
		{"rename away", func(t *testing.T, s *Store) { rename(t, s, "products", "products_old", false) }},
		{"rename over", func(t *testing.T, s *Store) {
			insert(t, s.collection.Database().Collection("products_new"), doc("p3", "three"))
			rename(t, s, "products_new", "products", true)
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			store := openStore(t)
			insert(t, store.collection, doc("p1", "one"), doc("p2", "two"))
			source := NewSource(store)
			pos := snapshot(t, source, view{})
			done := make(chan error)
			streaming := make(chan struct{})
			go func() {
				first := true
				done <- follow(t, source, pos, func(Change) bool {
					if first {
						close(streaming)
					}
					first = false
					return false
				})
			}()
			insert(t, store.collection, doc("p9", "nine"))
			<-streaming
			test.change(t, store)
			if err := <-done; !errors.Is(err, ErrInvalidated) {
				t.Errorf("streaming: got %v, want ErrInvalidated", err)
			}
			err := follow(t, source, pos, func(Change) bool { return false })
			if !errors.Is(err, ErrInvalidated) {
				t.Errorf("restarted: got %v, want ErrInvalidated", err)
			}
			pos.Collection = uuid.UUID{} // as where the server does not tell
			err = follow(t, source, pos, func(Change) bool { return false })
			if !errors.Is(err, ErrInvalidated) {
				t.Errorf("restarted without the collection's id: got %v, want ErrInvalidated", err)
			}
		})
	}
}

func rename(t *testing.T, s *Store, from, to string, dropTarget bool) {
	t.Helper()
	db := s.collection.Database().Name()
	err := s.client.Database("admin").RunCommand(t.Context(), bson.D{
		{Key: "renameCollection", Value: db + "." + from}, {Key: "to", Value: db + "." + to}, {Key: "dropTarget", Value: dropTarget},
	}).Err()
	if err != nil {
		t.Fatal(err)
	}
}

// Ensures that positions that can never work again are told from passing errors.
func TestPositionLost(t *testing.T) {
	t.Parallel()
	store := openStore(t)
	insert(t, store.collection, doc("p1", "one"))
	source := NewSource(store)
	good := snapshot(t, source, view{})
	ahead := good
	ahead.Time.T += 3600
	nonsense := good
	nonsense.Token = mustMarshal(t, bson.D{{Key: "_data", Value: "8200"}})
	for name, pos := range map[string]Position{"empty": {}, "ahead of the server": ahead, "nonsense": nonsense} {
		err := follow(t, source, pos, func(Change) bool { return false })
		if !errors.Is(err, ErrPositionLost) {
			t.Errorf("%s: got %v, want ErrPositionLost", name, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := source.Stream(ctx, good, func(Change) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: got %v", err)
	}
}

func mustMarshal(t testing.TB, v any) bson.Raw {
	t.Helper()
	raw, err := bson.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// Ensures that a large document that is replaced by another passes the stream
// (A7).
func TestLargeDocuments(t *testing.T) {
	t.Parallel()
	store := openStore(t)
	source, got := NewSource(store), view{}
	big := make([]byte, 9<<20)
	fill := func(c byte) string {
		for i := range big {
			big[i] = c
		}
		return string(big)
	}
	insert(t, store.collection, append(doc("p1", "big"), bson.E{Key: "blurb", Value: fill('a')}))
	pos := snapshot(t, source, got)
	set := bson.D{{Key: "$set", Value: bson.D{{Key: "blurb", Value: fill('b')}}}}
	if _, err := store.collection.UpdateByID(t.Context(), "p1", set); err != nil {
		t.Fatal(err)
	}
	insert(t, store.collection, doc("p2", "small"))
	if err := follow(t, source, pos, func(c Change) bool { _ = got.apply(c); return c.ID == "p2" }); err != nil {
		t.Fatal(err)
	}
	if want := stored(t, store.collection); len(got) != 2 || got["p1"] != want["p1"] || got["p2"] != want["p2"] {
		t.Errorf("got %d documents that differ from what is stored", len(got))
	}
}
