package indexer

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/aisle-search/aisle/catalog"
	"github.com/aisle-search/aisle/indexer/progress"
)

// again is a catalogue that begins each stream at the first position it was ever
// asked for, so that all changes come again, and that counts open streams.
type again struct {
	catalogSource
	first  *atomic.Pointer[catalog.Position]
	opened *atomic.Int64
	open   *atomic.Int64
}

func (a again) Stream(ctx context.Context, from catalog.Position, receive func(catalog.Change) error) error {
	a.first.CompareAndSwap(nil, &from)
	a.opened.Add(1)
	a.open.Add(1)
	defer a.open.Add(-1)
	return a.catalogSource.Stream(ctx, *a.first.Load(), receive)
}

// Old changes that come again, updates and deletes, leave the newest state: they come
// in the server's order, and each brings what is stored now.
func TestOldChangesAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.put("P1", "price", 1)
	source := again{first: new(atomic.Pointer[catalog.Position]), opened: new(atomic.Int64), open: new(atomic.Int64)}
	r.start(func(c *Config) {
		source.catalogSource = c.Catalog
		c.Catalog = source
	})
	r.settle()
	r.put("P1", "price", 2)
	r.remove("P1")
	r.put("P1", "price", 3)
	r.put("P2")
	r.remove("P2")
	r.settle()
	for range 3 {
		r.p.x.catalogLoop.interrupt(t.Context())
		r.put("P3", "price", source.opened.Load())
		r.settle()
	}
	if got := source.opened.Load(); got < 4 {
		t.Errorf("streams opened: got %d, want at least 4", got)
	}
	r.eventually("one stream is open", func() string {
		if got := source.open.Load(); got != 1 {
			return fmt.Sprint(got)
		}
		return ""
	})
}

// An update whose document is deleted before the event is read crashes nothing and
// leaves no ghost.
func TestUpdateThenDelete(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.put("P0")
	r.start()
	r.settle()
	r.kill()
	r.put("P1")
	r.set("P1", "price", 5)
	r.remove("P1")
	r.put("P2")
	r.start()
	r.wantIDs("P0", "P2")
	if s := r.source(progress.SourceCatalog); s.DeadLetters != 0 {
		t.Errorf("got %+v, want no dead letter", s)
	}
}

// Documents of 9 MB that replace each other, and one of 15 MB, pass; what comes after
// them is found.
func TestLargeDocuments(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	blurb := func(c string, megabytes int) bson.D {
		return bson.D{{Key: "blurb", Value: strings.Repeat(c, megabytes<<20)}}
	}
	r.put("P1", "attrs", blurb("a", 9))
	r.start()
	r.settle()
	r.set("P1", "attrs", blurb("b", 9))
	r.put("P2", "notes", blurb("c", 15))
	r.put("P3")
	r.wantIDs("P1", "P2", "P3")
}
