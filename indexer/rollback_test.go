package indexer

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aisle-search/aisle/catalog"
	"github.com/aisle-search/aisle/indexer/progress"
)

// The generation before serves again in one call, with everything that was written
// since it went: products changed, new and deleted.
func TestRollback(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for i := range 20 {
		r.put(fmt.Sprint("P", i), "price", i)
	}
	r.start()
	r.settle()
	r.idle()
	if err := r.p.x.Rollback(t.Context()); !errors.Is(err, ErrNoPrevious) {
		t.Errorf("nothing to roll back to: got %v", err)
	}
	r.reindexed(false)
	r.put("P3", "price", 300)
	r.put("new")
	r.remove("P4")
	r.settle()
	r.kill()
	r.start() // and it outlives a restart
	r.set("P5", "price", 500)
	r.settle()
	for _, want := range []string{"1 serving; 2 previous; ", "2 serving; 1 previous; "} {
		r.idle()
		if err := r.p.x.Rollback(t.Context()); err != nil {
			t.Fatal(err)
		}
		if s := r.ended(); s.State != progress.Done || s.Kind != progress.KindRollback {
			t.Fatalf("got %+v", s)
		}
		if got := r.generationStates(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		r.settle() // everything equals the sources
		r.remove(fmt.Sprint("P", len(want)%7+6))
		r.put("between", "price", len(want))
		r.settle()
	}
}

// A generation whose position the server has forgotten cannot catch up: that is
// said, the serving one stays, and nothing is removed.
func TestRollbackPositionLost(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.put("P1")
	lost := new(atomic.Int64)
	r.start(func(c *Config) { c.Catalog = forgetful{c.Catalog.(*catalog.Source), lost} })
	r.settle()
	r.reindexed(false)
	r.put("P2")
	r.settle()
	lost.Store(1)
	r.idle()
	if err := r.p.x.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s := r.ended(); s.State != progress.Failed || !strings.Contains(s.Error, "generation 1") || !strings.Contains(s.Error, catalog.ErrPositionLost.Error()) {
		t.Errorf("got %+v", s)
	}
	if got := r.generationStates(); got != "2 serving; 1 previous; " {
		t.Errorf("got %s", got)
	}
	r.settle()
}

// Rolled back from a changed schema, the old one goes on serving: it is not built
// again behind the operator's back.
func TestRollbackOfSchema(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.fill(20)
	r.start()
	r.settle()
	r.kill()
	changed := strings.Replace(testSchema, "attributes:", "  colour: {path: colour, type: keyword, facet: true}\nattributes:", 1)
	if err := os.WriteFile(r.at.Schema, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
	failing := new(atomic.Int64)
	r.start(func(c *Config) { c.Catalog = cutOften{c.Catalog.(*catalog.Source), failing} })
	r.eventually("rebuilt", func() string {
		if s := r.p.x.Status(); s.Generation != 2 {
			return fmt.Sprintf("%+v", s)
		}
		return ""
	})
	r.idle()
	if err := r.p.x.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s := r.ended(); s.State != progress.Done {
		t.Fatalf("got %+v", s)
	}
	failing.Store(1) // a session that begins anew looks at the schema again
	r.put("P00003", "price", 7)
	r.settle()
	if s := r.p.x.Status(); s.Generation != 1 || s.Reindex.Kind != progress.KindRollback {
		t.Errorf("got %+v", s)
	}
}

// cutOften is a catalogue whose stream ends at the next change, some times.
type cutOften struct {
	*catalog.Source
	times *atomic.Int64
}

func (c cutOften) Stream(ctx context.Context, from catalog.Position, receive func(catalog.Change) error) error {
	return c.Source.Stream(ctx, from, func(change catalog.Change) error {
		if change.Op != catalog.OpTick && c.times.Add(-1) >= 0 {
			return errors.New("cut")
		}
		return receive(change)
	})
}
