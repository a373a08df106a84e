package indexer

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/aisle-search/aisle/catalog"
	"github.com/aisle-search/aisle/indexer/progress"
)

// A rebuild reads older changes than the serving stream; one that is stopped has
// touched no letter.
func TestStoppedRebuildKeepsLetters(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.fill(2500)
	var slow atomic.Bool
	r.start(func(c *Config) { c.Catalog = slowSnapshot{c.Catalog.(*catalog.Source), &slow} })
	r.settle()
	r.set("P00001", "price", "bad once") // heals while the rebuild runs
	r.eventually("first letter", r.wantLetters(1))
	slow.Store(true)
	r.idle()
	if err := r.p.x.Reindex(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	r.eventually("the snapshot is past its first batch", func() string {
		if s := r.p.x.ReindexStatus(); s.Done < 1000 {
			return fmt.Sprintf("%+v", s)
		}
		return ""
	})
	r.set("P00001", "price", 5)
	r.set("P00002", "price", "bad now") // was good when it was read
	r.eventually("second letter", func() string {
		if ids := r.letterIDs(); !slices.Equal(ids, []string{"P00002"}) {
			return fmt.Sprint(ids)
		}
		return ""
	})
	if err := r.p.x.StopReindex(); err != nil {
		t.Fatal(err)
	}
	if s := r.ended(); s.State != progress.Stopped {
		t.Errorf("got %+v", s)
	}
	slow.Store(false)
	if ids := r.letterIDs(); !slices.Equal(ids, []string{"P00002"}) {
		t.Errorf("after the stop: letters of %v, want of P00002", ids)
	}
	if s := r.reindexed(false); s.State != progress.Done {
		t.Errorf("got %+v", s)
	}
	if ids := r.letterIDs(); !slices.Equal(ids, []string{"P00002"}) {
		t.Errorf("after the rebuild: letters of %v, want of P00002", ids)
	}
}

// A document whose _id is an empty text has a letter that can be shown and dropped, and
// that goes with it.
func TestLetterOfEmptyID(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	wantIDs := func(want ...string) func() string {
		return func() string {
			if ids := r.letterIDs(); !slices.Equal(ids, want) {
				return fmt.Sprintf("got letters of %q, want of %q", ids, want)
			}
			return ""
		}
	}
	r.put("", "price", 1)
	r.start()
	r.eventually("a letter from the snapshot", wantIDs(`""`))
	if l, err := r.p.x.DeadLetter(progress.SourceCatalog, `""`); err != nil || !strings.Contains(l.Reason, "_id: is empty") {
		t.Errorf("got %+v, %v; want that the _id is empty", l, err)
	}
	if err := r.p.x.DropDeadLetter(progress.SourceCatalog, `""`); err != nil {
		t.Fatal(err)
	}
	if ids := r.letterIDs(); len(ids) != 0 {
		t.Errorf("after the drop: got letters of %q", ids)
	}
	r.set("", "price", 2)
	r.eventually("a letter from the stream", wantIDs(`""`))
	r.remove("")
	r.eventually("no letter after the document", wantIDs())
}

func (r *rig) letterIDs() (ids []string) {
	r.t.Helper()
	letters, err := r.p.x.DeadLetters("", 0, 100)
	if err != nil {
		r.t.Fatal(err)
	}
	for _, l := range letters {
		ids = append(ids, l.ID)
	}
	return ids
}

// Two documents whose ids have the same text stop nothing: the one of text is the
// product, the other a dead letter, however far apart they lie, and when the first goes
// the other takes its place.
func TestTwinsAreOneProduct(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	insert := func(id any) {
		if _, err := r.products.InsertOne(t.Context(), bson.D{{Key: "_id", Value: id}, {Key: "status", Value: "on"}, {Key: "price", Value: 1}}); err != nil {
			t.Fatal(err)
		}
	}
	insert(9)
	r.fill(1500) // so that the two are in different batches
	insert("9")
	r.start() // builds the first index
	r.settle()
	const twin = `{"$numberLong":"9"}`
	wantTwin := func(want ...string) {
		t.Helper()
		r.settle()
		if ids := r.letterIDs(); !slices.Equal(ids, want) {
			t.Errorf("letters of %v, want of %v", ids, want)
		}
		if report := r.verify(false); len(report.Drift) != 0 {
			t.Errorf("drift: %+v", report.Drift)
		}
		if _, ok := r.ids()["9"]; !ok || len(r.ids()) != 1501 {
			t.Errorf("%d products, 9 among them: %t; want 1501 with it", len(r.ids()), ok)
		}
	}
	wantTwin(twin)
	if err := r.p.x.ReplayDeadLetter(t.Context(), progress.SourceCatalog, twin); err != nil {
		t.Fatal(err)
	}
	wantTwin(twin)
	if s := r.reindexed(false); s.State != progress.Done {
		t.Errorf("got %+v", s)
	}
	wantTwin(twin)
	r.remove("9")
	wantTwin()
	insert("9")
	wantTwin(twin)
	if _, err := r.products.DeleteOne(t.Context(), bson.D{{Key: "_id", Value: 9}}); err != nil {
		t.Fatal(err)
	}
	wantTwin()
}
