package catalog

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.mongodb.org/mongo-driver/v2/bson"
	"golang.org/x/sync/errgroup"
)

// Ensures that a document goes in and comes out, with a version that is that of
// what the server stored.
func TestPutGet(t *testing.T) {
	t.Parallel()
	store := openStore(t)
	ctx := t.Context()
	in := `{"name": "Höhe", "status": "on", "released": "2024-05-06T07:08:09Z", "price": 1999, "n": 12345678901,
		"attributes": {"a.b": "x", "Höhe (cm)": 5.0, "": "e", "$k": "v"}}`
	w, err := store.Put(ctx, "p1", []byte(in), Condition{})
	if err != nil {
		t.Fatal(err)
	}
	if !w.Created || w.Version == "" || w.Time.IsZero() {
		t.Errorf("got %+v, want it created, with version and time", w)
	}
	got, err := store.Get(ctx, "p1")
	if err != nil {
		t.Fatal(err)
	}
	if got.Version != w.Version {
		t.Errorf("got version %s, want %s", got.Version, w.Version)
	}
	if got.Raw.Lookup("released").Type != bson.TypeDateTime {
		t.Errorf("got released of type %s, want a date", got.Raw.Lookup("released").Type)
	}
	out, err := store.schema.DocumentJSON(got.Raw)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"_id":"p1","name":"Höhe","status":"on","released":"2024-05-06T07:08:09.000Z","price":1999,"n":12345678901,"attributes":{"a.b":"x","Höhe (cm)":5.0,"":"e","$k":"v"}}`
	if diff := cmp.Diff(want, string(out)); diff != "" {
		t.Error(diff)
	}
	again, err := store.Put(ctx, "p1", out, Condition{})
	if err != nil || again.Version != w.Version || again.Created {
		t.Errorf("got %+v, %v; want the same version", again, err)
	}
	// Equal but for order and numeric types: whether a server stores that is its
	// own affair, but the version is that of what is stored.
	turned := `{"price": 1999.0, "status": "on", "name": "Höhe", "released": "2024-05-06T07:08:09Z", "n": 12345678901,
		"attributes": {"a.b": "x", "Höhe (cm)": 5.0, "": "e", "$k": "v"}}`
	again, err = store.Put(ctx, "p1", []byte(turned), Condition{Version: w.Version})
	if err != nil {
		t.Fatal(err)
	}
	if got, err = store.Get(ctx, "p1"); err != nil || got.Version != again.Version {
		t.Errorf("got version %s, %v; want %s", again.Version, err, got.Version)
	}
}

// Ensures that conditions are kept, also against writes of the shop itself.
func TestConditions(t *testing.T) {
	t.Parallel()
	store := openStore(t)
	ctx := t.Context()
	put := func(title string, c Condition) (Written, error) {
		return store.Put(ctx, "p1", []byte(`{"name": "`+title+`"}`), c)
	}
	if _, err := put("a", Condition{Exists: true}); !errors.Is(err, ErrVersionMismatch) {
		t.Errorf("exists: got %v", err)
	}
	if _, err := put("a", Condition{Version: "x"}); !errors.Is(err, ErrVersionMismatch) {
		t.Errorf("version of none: got %v", err)
	}
	first, err := put("a", Condition{Absent: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := put("b", Condition{Absent: true}); !errors.Is(err, ErrVersionMismatch) {
		t.Errorf("absent: got %v", err)
	}
	second, err := put("b", Condition{Version: first.Version})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := put("c", Condition{Version: first.Version}); !errors.Is(err, ErrVersionMismatch) {
		t.Errorf("old version: got %v", err)
	}
	if _, err := store.collection.UpdateByID(ctx, "p1", bson.D{{Key: "$set", Value: bson.D{{Key: "own", Value: 1}}}}); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Delete(ctx, "p1", Condition{Version: second.Version}); !errors.Is(err, ErrVersionMismatch) {
		t.Errorf("after the shop's write: got %v", err)
	}
	now, err := store.Get(ctx, "p1")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.Delete(ctx, "p1", Condition{Version: now.Version}); err != nil {
		t.Error(err)
	}
	if _, err := store.Get(ctx, "p1"); !errors.Is(err, ErrNotFound) {
		t.Errorf("get deleted: got %v", err)
	}
	if _, err := store.Delete(ctx, "p1", Condition{}); !errors.Is(err, ErrNotFound) {
		t.Errorf("delete deleted: got %v", err)
	}
	if _, err := store.Patch(ctx, "p1", []byte(`{}`), Condition{}); !errors.Is(err, ErrNotFound) {
		t.Errorf("patch deleted: got %v", err)
	}
}

// Ensures that no update is lost when many writers change one product at once,
// with conditions and without.
func TestParallelWriters(t *testing.T) {
	t.Parallel()
	store := openStore(t)
	const writers = 50
	insert(t, store.collection, append(doc("p1", "x"), bson.E{Key: "n", Value: 0}))
	group, ctx := errgroup.WithContext(t.Context())
	for i := range writers {
		group.Go(func() error {
			if _, err := patchRetried(ctx, store, fmt.Sprintf(`{"by": {"w%d": 1}}`, i)); err != nil {
				return err
			}
			return increment(ctx, store)
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	got, err := store.Get(t.Context(), "p1")
	if err != nil {
		t.Fatal(err)
	}
	by, err := got.Raw.Lookup("by").Document().Elements()
	if n := got.Raw.Lookup("n").AsInt64(); n != writers || len(by) != writers || err != nil {
		t.Errorf("got n %d and %d writers, want %d of both", n, len(by), writers)
	}
}

// patchRetried patches until it is not refused for too many writers.
func patchRetried(ctx context.Context, store *Store, patch string) (Written, error) {
	for {
		w, err := store.Patch(ctx, "p1", []byte(patch), Condition{})
		if !errors.Is(err, ErrConflict) {
			return w, err
		}
	}
}

// increment reads n and writes n+1 on condition, until it succeeds.
func increment(ctx context.Context, store *Store) error {
	for {
		old, err := store.Get(ctx, "p1")
		if err != nil {
			return err
		}
		patch := fmt.Sprintf(`{"n": %d}`, old.Raw.Lookup("n").AsInt64()+1)
		_, err = store.Patch(ctx, "p1", []byte(patch), Condition{Version: old.Version})
		if !errors.Is(err, ErrVersionMismatch) {
			return err
		}
	}
}

// Ensures that ids of every type are found by their text, and stay as they are.
func TestIDTypes(t *testing.T) {
	t.Parallel()
	store := openStore(t)
	object := bson.NewObjectID()
	id := bson.Binary{Subtype: bson.TypeBinaryUUID, Data: []byte("0123456789abcdef")}
	insert(t, store.collection, doc(object, "o"), doc(int32(5), "i"), doc(int64(1)<<40, "l"), doc(id, "u"), doc("s", "s"), doc(7.0, "d"))
	for text, title := range map[string]string{
		object.Hex(): "o", "5": "i", "1099511627776": "l", "30313233-3435-3637-3839-616263646566": "u", "s": "s", "7": "d",
	} {
		old, err := store.Get(t.Context(), ProductID(text))
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := old.Raw.Lookup("name").StringValue(); got != title {
			t.Errorf("%s: got %q, want %q", text, got, title)
		}
		if _, err := store.Put(t.Context(), ProductID(text), []byte(`{"name": "new"}`), Condition{Version: old.Version}); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
	if got := len(stored(t, store.collection)); got != 6 {
		t.Errorf("got %d documents, want the same 6", got)
	}
}

// Ensures that a document that does not fit is refused with its fields named.
func TestInvalidWrites(t *testing.T) {
	t.Parallel()
	store := openStore(t)
	insert(t, store.collection, doc("p1", "x"))
	for _, test := range []struct {
		name, doc string
		want      []string // fields
	}{
		{"two fields", `{"price": "abc", "released": "yesterday"}`, []string{"price", "released"}},
		{"not JSON", `{"a": }`, []string{"document"}},
		{"empty", ``, []string{"document"}},
		{"list", `[]`, []string{"document"}},
		{"two values", `{} {}`, []string{"document"}},
		{"UTF-8", "{\"a\": \"\xff\"}", []string{"document"}},
		{"other id", `{"_id": "p2"}`, []string{"_id"}},
		{"two ids", `{"_id": "p1", "sku": "p2"}`, []string{"sku"}},
		{"dollar", `{"a": 1, "$set": 1}`, []string{"$set"}},
		{"twice", `{"a": 1, "b": [{"c": 1, "c": 2}]}`, []string{"b.0.c"}},
		{"extended JSON", `{"a": {"$oid": "zz"}}`, []string{"document"}},
		{"deep", strings.Repeat(`{"a":`, 150) + "1" + strings.Repeat("}", 150), []string{strings.Repeat("a.", 99) + "a"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := store.Put(t.Context(), "p1", []byte(test.doc), Condition{})
			var invalid *InvalidError
			if !errors.As(err, &invalid) {
				t.Fatalf("got %v, want an InvalidError", err)
			}
			var got []string
			for _, f := range invalid.Fields {
				got = append(got, f.Field)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("%v: %s", err, diff)
			}
		})
	}
}
