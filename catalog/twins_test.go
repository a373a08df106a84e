package catalog

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// twinIDs are _ids of which each has the text of its neighbour.
func twinIDs(n int) (ids []any) {
	for i := range n {
		object := bson.ObjectID{11: byte(i)}
		u := uuid.UUID{15: byte(i)}
		ids = append(ids,
			int32(i), fmt.Sprint(i),
			object, object.Hex(),
			bson.Binary{Subtype: bson.TypeBinaryUUID, Data: u[:]}, u.String())
	}
	return ids
}

// storedTwins is what a follower should hold: documents of text first.
func storedTwins(t *testing.T, store *Store) (all, products view) {
	t.Helper()
	all, products = view{}, view{}
	cursor, err := store.collection.Find(t.Context(), bson.D{})
	if err != nil {
		t.Fatal(err)
	}
	var raws []bson.Raw
	if err := cursor.All(t.Context(), &raws); err != nil {
		t.Fatal(err)
	}
	for _, text := range []bool{true, false} {
		for _, raw := range raws {
			id := raw.Lookup("_id")
			if (id.Type == bson.TypeString) != text {
				continue
			}
			name := changeID(id)
			if _, taken := products[name]; taken {
				all[typedID(name)] = string(raw)
				continue
			}
			all[name], products[name] = string(raw), string(raw)
		}
	}
	return all, products
}

// Ensures that of two documents with the same id as text one is the product, always the
// same, and that the other is found invalid and takes its place when it goes.
func TestTwins(t *testing.T) {
	t.Parallel()
	const seed = 7
	rng := rand.New(rand.NewPCG(seed, 0))
	store := openStore(t)
	c, ctx, ids := store.collection, t.Context(), twinIDs(4)
	change := func() {
		id := ids[rng.IntN(len(ids))]
		var err error
		if rng.IntN(2) == 0 {
			_, err = c.DeleteOne(ctx, bson.D{{Key: "_id", Value: id}})
		} else {
			name := bson.D{{Key: "$set", Value: bson.D{{Key: "name", Value: fmt.Sprint("N", rng.IntN(1000))}, {Key: "status", Value: "on"}}}}
			_, err = c.UpdateByID(ctx, id, name, options.UpdateOne().SetUpsert(true))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	insert(t, c, doc(int32(0), "a number"), doc("0", "its text"))
	source, got := NewSource(store), view{}
	pos := snapshot(t, source, got)
	for round := range 12 {
		for range 10 {
			change()
		}
		mark := ProductID(fmt.Sprint("mark", round))
		insert(t, c, doc(string(mark), "marks the end"))
		// What comes after a position comes again, as after a crash.
		if err := follow(t, source, pos, func(c Change) bool { return c.ID == mark }); err != nil {
			t.Fatal(err)
		}
		err := follow(t, source, pos, func(c Change) bool {
			_ = got.apply(c)
			pos = c.Position
			return c.ID == mark
		})
		if err != nil {
			t.Fatal(err)
		}
		want, products := storedTwins(t, store)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("round %d, seed %d: the stream gives (-want +got):\n%s", round, seed, diff)
		}
		again := view{}
		snapshot(t, source, again)
		if diff := cmp.Diff(want, again); diff != "" {
			t.Fatalf("round %d, seed %d: a snapshot gives (-want +got):\n%s", round, seed, diff)
		}
		for id, raw := range want {
			found, err := store.Get(ctx, id)
			if err != nil || string(found.Raw) != raw {
				t.Fatalf("get %s: %s, %v", id, found.Raw, err)
			}
			_, product := products[id]
			if _, err := store.schema.Read(Change{ID: id, Raw: found.Raw}); (err == nil) != product {
				t.Errorf("read %s: %v, want an error: %t", id, err, !product)
			}
		}
	}
}

// Ensures that nothing is asked about twins where all _ids are of one kind, and that it
// is noticed when they no longer are.
func TestTwinsLook(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		ids   []any
		mixed bool
	}{
		{"none", nil, false},
		{"text", []any{"1", "x"}, false},
		{"numbers", []any{int32(1), int64(2), 3.0}, false},
		{"numbers and others", []any{int32(1), bson.NewObjectID()}, false},
		{"text first", []any{"1", bson.NewObjectID()}, true},
		{"text last", []any{int32(1), "1"}, true},
		{"text between", []any{int32(1), "1", bson.NewObjectID()}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			store := openStore(t)
			for _, id := range tt.ids {
				insert(t, store.collection, doc(id, "x"))
			}
			twins := twins{store: store}
			if err := twins.look(t.Context()); err != nil || twins.mixed() != tt.mixed {
				t.Errorf("mixed: %t, %v, want %t", twins.mixed(), err, tt.mixed)
			}
		})
	}
}
