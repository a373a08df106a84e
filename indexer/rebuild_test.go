package indexer

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/aisle-search/aisle/catalog"
	"github.com/aisle-search/aisle/indexer/progress"
	"github.com/aisle-search/aisle/internal/retry"
	"github.com/aisle-search/aisle/search"
)

// wantIDs waits until exactly these products are served.
func (r *rig) wantIDs(want ...string) {
	r.t.Helper()
	slices.Sort(want)
	r.eventually("products served", func() string {
		got := slices.Sorted(maps.Keys(r.ids()))
		if slices.Equal(got, want) {
			return ""
		}
		return fmt.Sprintf("got %v, want %v, status %+v", got, want, r.p.x.Status())
	})
}

// A collection that is dropped and made anew is followed again without a
// restart; until it holds something, what was served stays.
func TestDropAndRecreate(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for i := range 5 {
		r.put(fmt.Sprint("P", i+1))
	}
	r.start()
	r.settle()
	if err := r.products.Drop(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.eventually("catalogue is broken", func() string {
		if s := r.source(progress.SourceCatalog); s.State != progress.StateBroken || s.Reason == "" || s.Lag <= 0 {
			return fmt.Sprintf("%+v", s)
		}
		return ""
	})
	if got := len(r.ids()); got != 5 {
		t.Errorf("products served after the drop: got %d, want 5", got)
	}
	if err := r.p.x.Reindex(t.Context(), false); err != nil && !errors.Is(err, ErrReindexRunning) {
		t.Error(err)
	}
	r.put("P6")
	r.put("P7")
	r.wantIDs("P6", "P7")
	r.settle()
	r.eventually("catalogue is well again", func() string {
		if s := r.source(progress.SourceCatalog); s.State == progress.StateBroken {
			return fmt.Sprintf("%+v", s)
		}
		return ""
	})
}

// The same while Aisle is off, where the stored position is of a collection that
// is no more.
func TestDropWhileOff(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.put("P1")
	r.start()
	r.settle()
	r.kill()
	if err := r.products.Drop(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.start()
	r.eventually("catalogue is broken", func() string {
		if s := r.source(progress.SourceCatalog); s.State != progress.StateBroken {
			return fmt.Sprintf("%+v", s)
		}
		return ""
	})
	r.kill()
	r.put("P6")
	r.put("P7")
	r.start()
	r.wantIDs("P6", "P7")
}

// Another collection takes the place of the followed one by renaming.
func TestRenameOver(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.put("P1")
	r.put("P2")
	r.start()
	r.settle()
	db := r.products.Database()
	for _, id := range []string{"P2", "P3"} {
		doc := bson.D{{Key: "_id", Value: id}, {Key: "status", Value: "on"}, {Key: "title", Value: "other " + id}}
		if _, err := db.Collection("products_new").InsertOne(t.Context(), doc); err != nil {
			t.Fatal(err)
		}
	}
	err := db.Client().Database("admin").RunCommand(t.Context(), bson.D{
		{Key: "renameCollection", Value: db.Name() + ".products_new"},
		{Key: "to", Value: db.Name() + ".products"}, {Key: "dropTarget", Value: true},
	}).Err()
	if err != nil {
		t.Fatal(err)
	}
	r.wantIDs("P2", "P3")
}

// While a rebuild runs, searches find what they found before, writes are
// followed, and afterwards nothing written meanwhile is missing.
func TestReindexUnderWrites(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	const products = 3000
	r.fill(products)
	var slow atomic.Bool
	r.start(func(c *Config) { c.Catalog = slowSnapshot{c.Catalog.(*catalog.Source), &slow} })
	r.settle()
	stop := make(chan struct{})
	searched := make(chan string, 1)
	go func() { searched <- r.searchUntil(stop) }()
	for round := range 3 {
		r.idle()
		slow.Store(true)
		if err := r.p.x.Reindex(t.Context(), false); err != nil {
			t.Fatal(err)
		}
		if err := r.p.x.Reindex(t.Context(), false); !errors.Is(err, ErrReindexRunning) {
			t.Errorf("second reindex: got %v, want ErrReindexRunning", err)
		}
		slow.Store(false)
		r.remove(fmt.Sprintf("P%05d", round))
		r.remove(fmt.Sprintf("P%05d", products-1-round))
		for i := 0; r.p.x.ReindexStatus().State == progress.Running; i++ {
			r.put("P00500", "price", i)
		}
		if s := r.p.x.ReindexStatus(); s.State != progress.Done || s.Done != s.Total || s.Total < products-10 {
			t.Errorf("reindex: got %+v", s)
		}
		r.settle()
	}
	close(stop)
	if said := <-searched; said != "" {
		t.Error(said)
	}
	if g := r.p.x.Status().Generation; g != 4 {
		t.Errorf("generation: got %d, want 4", g)
	}
}

// fill writes products P00000 onwards.
func (r *rig) fill(n int) {
	r.t.Helper()
	var docs []any
	for i := range n {
		docs = append(docs, bson.D{
			{Key: "_id", Value: fmt.Sprintf("P%05d", i)}, {Key: "status", Value: "on"},
			{Key: "title", Value: fmt.Sprint("thing number ", i)}, {Key: "price", Value: i},
		})
	}
	if _, err := r.products.InsertMany(context.Background(), docs); err != nil {
		r.t.Fatal(err)
	}
}

// searchUntil searches again and again, and says what was wrong.
func (r *rig) searchUntil(stop <-chan struct{}) string {
	for {
		select {
		case <-stop:
			return ""
		case <-time.After(5 * time.Millisecond):
		}
		page, err := r.p.store.Search(context.Background(), search.Query{Text: "thing", Limit: 1})
		if err != nil {
			return err.Error()
		}
		if page.Total < 2900 {
			return fmt.Sprintf("a search found %d", page.Total)
		}
	}
}

// A rebuild that is stopped, or dies with the process, leaves the serving
// generation, and the next one is clean.
func TestReindexStopped(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.fill(2500)
	var slow atomic.Bool
	slowly := func(c *Config) { c.Catalog = slowSnapshot{c.Catalog.(*catalog.Source), &slow} }
	r.start(slowly)
	r.settle()
	slow.Store(true)
	halfWay := func() string {
		if s := r.p.x.ReindexStatus(); s == nil || s.State != progress.Running || s.Done < 1000 || s.Rate <= 0 || s.Left <= 0 {
			return fmt.Sprintf("%+v", s)
		}
		return ""
	}
	if err := r.p.x.StopReindex(); !errors.Is(err, ErrReindexNotRunning) {
		t.Errorf("stop without a rebuild: got %v", err)
	}
	r.idle()
	if err := r.p.x.Reindex(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	r.eventually("half way", halfWay)
	if err := r.p.x.StopReindex(); err != nil {
		t.Fatal(err)
	}
	r.eventually("stopped", func() string {
		if s := r.p.x.ReindexStatus(); s.State != progress.Stopped {
			return fmt.Sprintf("%+v", s)
		}
		return ""
	})
	r.put("while stopped")
	r.settle()
	r.idle()
	if err := r.p.x.Reindex(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	r.eventually("half way", halfWay)
	r.kill()
	slow.Store(false)
	r.start(slowly)
	r.settle()
	if s := r.p.x.Status(); s.Generation != 1 || s.Documents != 2501 {
		t.Errorf("after the restart: got %+v", s)
	}
	r.idle()
	if err := r.p.x.Reindex(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	r.eventually("rebuilt", func() string {
		if s := r.p.x.ReindexStatus(); s.State != progress.Done {
			return fmt.Sprintf("%+v", s)
		}
		return ""
	})
	r.settle()
}

// slowSnapshot is a catalogue whose snapshots wait after the first 2,000 documents, as
// long as they are slow.
type slowSnapshot struct {
	*catalog.Source
	slow *atomic.Bool
}

func (s slowSnapshot) Snapshot(ctx context.Context, receive func(catalog.Change) error) (catalog.Position, error) {
	n := 0
	return s.Source.Snapshot(ctx, func(c catalog.Change) error {
		for n++; n > 2000 && s.slow.Load(); {
			if !retry.Sleep(ctx, 50*time.Millisecond) {
				return ctx.Err()
			}
		}
		return receive(c)
	})
}

// A changed schema makes a new generation by itself; until it serves, the old
// one is fed with what it knows of.
func TestSchemaChange(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.fill(100)
	r.start()
	r.settle()
	r.kill()
	changed := strings.Replace(testSchema, "brand: {path: brand, type: keyword,", "brand: {path: brand, type: keyword, search: {weight: 1},", 1)
	changed = strings.Replace(changed, "attributes:", "  colour: {path: colour, type: keyword, facet: true}\nattributes:", 1)
	if err := os.WriteFile(r.at.Schema, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
	r.put("P00001", "colour", "red", "brand", "acme")
	r.start()
	r.put("P00002", "colour", "blue")
	r.eventually("rebuilt", func() string {
		if s := r.p.x.Status(); s.Generation != 2 {
			return fmt.Sprintf("%+v", s)
		}
		return ""
	})
	r.settle()
	page, err := r.p.store.Search(t.Context(), search.Query{Filters: []search.Filter{{Field: "colour", Values: []string{"red", "blue"}}}})
	if err != nil || page.Total != 2 {
		t.Errorf("products by the new field: got %+v, %v, want 2", page, err)
	}
	if n := r.source(progress.SourceCatalog).DeadLetters; n != 0 {
		t.Errorf("dead letters: got %d", n)
	}
}

// A schema under which most documents are no products does not take over.
func TestGateMostlyDead(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.fill(100)
	r.start()
	r.settle()
	if _, err := r.products.UpdateMany(t.Context(), bson.D{}, bson.D{{Key: "$set", Value: bson.D{{Key: "price", Value: "cheap"}}}}); err != nil {
		t.Fatal(err)
	}
	r.eventually("dead letters", func() string {
		if n := r.source(progress.SourceCatalog).DeadLetters; n != 100 {
			return fmt.Sprint(n)
		}
		return ""
	})
	r.idle()
	if err := r.p.x.Reindex(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	r.eventually("refused", func() string {
		if s := r.p.x.ReindexStatus(); s.State != progress.Refused || !strings.Contains(s.Error, "half") {
			return fmt.Sprintf("%+v", s)
		}
		return ""
	})
	if got := len(r.ids()); got != 100 {
		t.Errorf("products served: got %d, want the last good 100", got)
	}
	if _, err := r.products.UpdateMany(t.Context(), bson.D{}, bson.D{{Key: "$set", Value: bson.D{{Key: "price", Value: 5}}}}); err != nil {
		t.Fatal(err)
	}
	r.settle()
	if n := r.source(progress.SourceCatalog).DeadLetters; n != 0 {
		t.Errorf("dead letters after the repair: got %d", n)
	}
}

// A stored position that the server cannot continue leads to a rebuild that
// finds what was written and deleted in the gap; a metric tells.
func TestPositionLost(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for _, id := range []string{"P1", "P2", "P3"} {
		r.put(id)
	}
	r.start()
	r.settle()
	r.kill()
	r.remove("P3")
	r.put("P1", "price", 9)
	r.put("P4")
	lost := new(atomic.Int64)
	lost.Store(1)
	r.start(func(c *Config) { c.Catalog = forgetful{c.Catalog.(*catalog.Source), lost} })
	r.wantIDs("P1", "P2", "P4")
	r.settle()
	if g := r.p.x.Status().Generation; g != 2 {
		t.Errorf("generation: got %d, want 2", g)
	}
	if got := counted(t, r.p.x.metrics.lost.WithLabelValues(progress.SourceCatalog)); got != 1 {
		t.Errorf("positions lost: got %v, want 1", got)
	}
}

// forgetful is a catalogue that has dropped its history some times.
type forgetful struct {
	*catalog.Source
	times *atomic.Int64
}

func (f forgetful) Stream(ctx context.Context, from catalog.Position, receive func(catalog.Change) error) error {
	if f.times.Add(-1) >= 0 {
		return fmt.Errorf("stream: %w", catalog.ErrPositionLost)
	}
	return f.Source.Stream(ctx, from, receive)
}
