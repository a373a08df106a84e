package indexer

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/aisle-search/aisle/catalog"
	"github.com/aisle-search/aisle/indexer/mapping"
	"github.com/aisle-search/aisle/indexer/progress"
)

// Of several changes of one product in a batch the last that can be applied counts,
// and the last that cannot becomes the letter.
func TestMapSeveralOfOneProduct(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.start()
	r.settle()
	serving, _ := r.p.x.store.Serving()
	doc := func(price any) catalog.Change {
		raw, err := bson.Marshal(bson.D{{Key: "_id", Value: "P"}, {Key: "status", Value: "on"}, {Key: "title", Value: "P"}, {Key: "price", Value: price}})
		if err != nil {
			t.Fatal(err)
		}
		return catalog.Change{ID: "P", Op: catalog.OpUpsert, Raw: raw}
	}
	gone := catalog.Change{ID: "P", Op: catalog.OpDelete}
	for _, tt := range []struct {
		name    string
		changes []catalog.Change
		want    string
	}{
		{"the last is good", []catalog.Change{doc("bad"), doc(1), doc(2)}, "put [2] good [P]"},
		{"the last is bad", []catalog.Change{doc(1), doc(2), doc("bad")}, "put [2] letters [P]"},
		{"the last two are bad", []catalog.Change{doc(1), doc("bad"), doc("worse")}, "put [1] letters [P]"},
		{"all are bad", []catalog.Change{doc("bad"), doc("worse")}, "letters [P]"},
		{"bad after a deletion", []catalog.Change{doc(1), gone, doc("bad")}, "delete [P] letters [P]"},
		{"deleted in the end", []catalog.Change{doc(1), doc("bad"), gone}, "delete [P] good [P]"},
	} {
		m := mapping.Changes(mapping.NewConverter(r.p.x.cfg.Schema, serving.Schema()), serving, tt.changes, time.Now())
		var got []string
		note := func(what string, of []string) {
			if len(of) > 0 {
				got = append(got, fmt.Sprint(what, " ", of))
			}
		}
		var prices, letters []string
		for _, d := range m.Batch.Documents {
			for _, n := range d.Numbers {
				prices = append(prices, fmt.Sprint(n.Value))
			}
		}
		for _, l := range m.Letters {
			letters = append(letters, l.ID)
		}
		note("put", prices)
		note("delete", m.Batch.Deletes)
		note("good", m.Good)
		note("letters", letters)
		if diff := cmp.Diff(tt.want, strings.Join(got, " ")); diff != "" {
			t.Errorf("%s: want -, got +:\n%s", tt.name, diff)
		}
	}
}

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
