package indexer

import (
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aisle-search/aisle/catalog"
	"github.com/aisle-search/aisle/indexer/progress"
	"github.com/aisle-search/aisle/search"
)

// A changed schema, analysis or number of partitions is noticed at start. The old
// generation serves and is fed until the one that is built by itself takes over.
func TestShapeChanges(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		change func(r *rig)
	}{
		{"schema", func(r *rig) {
			changed := strings.Replace(testSchema, "attributes:", "  colour: {path: colour, type: keyword, facet: true}\nattributes:", 1)
			if err := os.WriteFile(r.at.Schema, []byte(changed), 0o600); err != nil {
				r.t.Fatal(err)
			}
		}},
		{"analysis", func(r *rig) { r.at.Language = "none" }},
		{"partitions", func(r *rig) { r.at.Partitions = 3 }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.fill(2100)
			r.start()
			r.settle()
			r.kill()
			tt.change(r)
			var slow atomic.Bool
			slow.Store(true)
			r.start(func(c *Config) { c.Catalog = slowSnapshot{c.Catalog.(*catalog.Source), &slow} })
			r.eventually("a rebuild by itself", func() string {
				if s := r.p.x.ReindexStatus(); s == nil || s.State != progress.Running || s.Done < 1000 {
					return fmt.Sprintf("%+v", s)
				}
				return ""
			})
			r.put("new", "title", "thing brand new")
			r.eventually("the old generation is searched and fed", func() string {
				page, err := r.p.store.Search(t.Context(), search.Query{Text: "thing brand new"})
				if s := r.p.x.Status(); err != nil || page.Total < 2101 || page.Hits[0].ID != "new" || s.Generation != 1 || !s.Ready {
					return fmt.Sprintf("%v, %+v", err, s)
				}
				return ""
			})
			slow.Store(false)
			if s := r.ended(); s.State != progress.Done {
				t.Errorf("got %+v", s)
			}
			r.settle()
			if s := r.p.x.Status(); s.Generation != 2 || s.Documents != 2101 {
				t.Errorf("got %+v", s)
			}
			if why := r.p.store.NeedsRebuild(r.p.x.searchSchema); why != "" {
				t.Errorf("it needs a rebuild again: %s", why)
			}
		})
	}
}
