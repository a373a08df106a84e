package indexer

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/aisle-search/aisle/indexer/progress"
)

// One bad document among good ones becomes a dead letter and stops nothing; what
// the index held of it stays until it is good again.
func TestDeadLetter(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.start()
	for i := range 10 {
		r.put(fmt.Sprint("P", i), "price", 100)
	}
	r.settle()
	before := r.ids()["P5"]
	for i := range 10 {
		if i == 5 {
			r.set("P5", "price", "free")
		} else {
			r.set(fmt.Sprint("P", i), "price", 200)
		}
	}
	r.eventually("dead letter", r.wantLetters(1))
	letter, err := r.p.x.DeadLetter(progress.SourceCatalog, "P5")
	if err != nil || !strings.Contains(letter.Reason, "price") || letter.Attempts != 1 || letter.Position == "" {
		t.Errorf("letter: got %+v, %v", letter, err)
	}
	if got := r.ids()["P5"]; got != before {
		t.Errorf("P5 while it is bad: got %x, want the last good version %x", got, before)
	}
	list, err := r.p.x.DeadLetters("", 0, 10)
	if err != nil || len(list) != 1 || list[0] != letter {
		t.Errorf("list: got %+v, %v", list, err)
	}
	if err := r.p.x.ReplayDeadLetter(t.Context(), progress.SourceCatalog, "P5"); err != nil {
		t.Error(err)
	}
	if letter, err = r.p.x.DeadLetter(progress.SourceCatalog, "P5"); err != nil || letter.Attempts != 2 {
		t.Errorf("replayed while still bad: got %+v, %v, want 2 attempts", letter, err)
	}
	r.set("P5", "price", 300)
	r.eventually("healed", r.wantLetters(0))
	r.settle()
}

// A product that is unpublished goes, even when the same write makes it invalid;
// there is nothing to mend about it.
func TestUnpublishedAndInvalid(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.put("P1", "price", 100)
	r.put("P2", "price", 100)
	r.start()
	r.settle()
	update := bson.D{{Key: "$set", Value: bson.D{{Key: "price", Value: "free"}, {Key: "status", Value: "off"}}}}
	if _, err := r.products.UpdateByID(t.Context(), "P1", update); err != nil {
		t.Fatal(err)
	}
	r.settle()
	if _, shown := r.ids()["P1"]; shown {
		t.Error("P1 is unpublished and still found")
	}
	if letters, err := r.p.x.DeadLetters("", 0, 10); err != nil || len(letters) != 0 {
		t.Errorf("letters: got %+v, %v, want none", letters, err)
	}
}

// A letter that is replayed brings the product as it is now; one that is dropped
// is forgotten.
func TestReplayAndDrop(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.put("good")
	for _, id := range []string{"replayed", "deleted", "dropped"} {
		r.put(id, "price", "free")
	}
	r.start()
	r.eventually("dead letters", r.wantLetters(3))
	r.settle()
	r.kill()
	// The stream does not tell what heals the documents, so the letters stay.
	r.start(func(c *Config) { c.Catalog = deaf{c.Catalog} })
	r.set("replayed", "price", 5)
	r.remove("deleted")
	for _, id := range []string{"replayed", "deleted"} {
		if err := r.p.x.ReplayDeadLetter(t.Context(), progress.SourceCatalog, id); err != nil {
			t.Errorf("replay %s: %v", id, err)
		}
	}
	if err := r.p.x.DropDeadLetter(progress.SourceCatalog, "dropped"); err != nil {
		t.Error(err)
	}
	if said := r.wantLetters(0)(); said != "" {
		t.Error(said)
	}
	if _, ok := r.ids()["replayed"]; !ok {
		t.Error("the replayed product is not served")
	}
	for _, err := range []error{
		r.p.x.ReplayDeadLetter(t.Context(), progress.SourceCatalog, "dropped"), r.p.x.DropDeadLetter(progress.SourceCatalog, "dropped"),
	} {
		if !errors.Is(err, ErrLetterNotFound) {
			t.Errorf("a letter that is gone: got %v, want ErrLetterNotFound", err)
		}
	}
	if err := r.p.x.ReplayDeadLetter(t.Context(), progress.SourceOrders, "x"); !errors.Is(err, ErrNotReplayable) {
		t.Errorf("replay of a row: got %v, want ErrNotReplayable", err)
	}
	r.kill()
	r.start()
	r.settle()
}

// A document that no index could take, of any odd kind, is a dead letter or a
// product, and never an end.
func TestOddDocuments(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.start()
	deep := bson.D{{Key: "x", Value: 1}}
	for range 80 {
		deep = bson.D{{Key: "d", Value: deep}}
	}
	r.put("deep", "attrs", deep)
	r.put("dots", "attrs", bson.D{{Key: "a.b", Value: "x"}, {Key: "", Value: "e"}, {Key: "$k", Value: "v"}, {Key: "Höhe (cm)", Value: 5}})
	r.put("clash", "attrs", bson.D{{Key: "a", Value: bson.D{{Key: "b", Value: "y"}}}})
	r.put("long", "title", strings.Repeat("word ", 1_000_000))
	if _, err := r.products.InsertOne(t.Context(), bson.D{{Key: "_id", Value: strings.Repeat("i", 600)}, {Key: "title", Value: "t"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := r.products.InsertOne(t.Context(), bson.D{{Key: "_id", Value: 1.5}, {Key: "status", Value: "on"}, {Key: "title", Value: "t"}}); err != nil {
		t.Fatal(err)
	}
	r.put("after")
	r.settle()
	if _, ok := r.ids()["after"]; !ok {
		t.Error("the product after the odd ones is not served")
	}
	if n := r.source(progress.SourceCatalog).DeadLetters; n < 2 {
		t.Errorf("dead letters: got %d, want those of the long id and the odd id", n)
	}
}

func (r *rig) wantLetters(n int) func() string {
	return func() string {
		if got := r.source(progress.SourceCatalog).DeadLetters; got != n {
			return fmt.Sprintf("got %d letters, want %d", got, n)
		}
		return ""
	}
}

// A process that dies right after it has made a healed product durable leaves no
// letter behind.
func TestDeadLetterHealedAtDeath(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.put("P1", "price", 100)
	r.start()
	r.settle()
	r.set("P1", "price", "free")
	r.eventually("dead letter", r.wantLetters(1))
	r.kill()
	c := r.startChild("catalog-after-commit=1")
	r.set("P1", "price", 300)
	if byItself := c.end(deadline); !byItself {
		t.Error("the process did not die at the failpoint")
	}
	r.start()
	r.settle()
	if said := r.wantLetters(0)(); said != "" {
		t.Error(said)
	}
}
