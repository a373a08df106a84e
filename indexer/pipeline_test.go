package indexer

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/aisle-search/aisle/catalog"
	"github.com/aisle-search/aisle/indexer/consistency"
	"github.com/aisle-search/aisle/indexer/progress"
	"github.com/aisle-search/aisle/search"
)

// From an empty folder the index is built; then each write is followed, and a
// restart goes on where it was.
func TestFollow(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for i := range 50 {
		r.put(fmt.Sprint("P", i), "price", 100+i)
		r.stock(fmt.Sprint("P", i), i)
	}
	r.order("P1", 3, 0)
	r.order("P1", 4, 10)
	r.start()
	r.settle()
	if got := len(r.ids()); got != 50 {
		t.Fatalf("products: got %d, want 50", got)
	}
	r.put("P1", "price", 1)
	r.set("P2", "status", "off")
	r.remove("P3")
	r.put("new", "brand", "b")
	r.stock("P1", 7)
	r.order("new", 2, 0)
	r.exec("delete from stock where product_id = 'P4'")
	r.settle()
	r.kill()
	r.remove("P5")
	r.set("P2", "status", "on")
	r.put("newer")
	r.exec("truncate order_lines")
	r.start()
	r.settle()
	if g := r.p.x.Status().Generation; g != 1 {
		t.Errorf("generation after a restart: got %d, want the first", g)
	}
}

// While other collections are busy the stored position moves on, so that it does
// not drop out of the server's history; a restart reads nothing again.
func TestIdlePositionMoves(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.put("P1")
	r.start()
	r.settle()
	for i := range 100 {
		if _, err := r.products.Database().Collection("other").InsertOne(t.Context(), bson.D{{Key: "n", Value: i}}); err != nil {
			t.Fatal(err)
		}
	}
	target, err := r.heads(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	r.eventually("position is stored", func() string {
		serving, _ := r.p.x.store.Serving()
		at, err := storedPosition(serving)
		if err != nil || at.Time.Compare(target.Catalog()) < 0 {
			return fmt.Sprintf("at %v, want %v, %v", at.Time, target.Catalog(), err)
		}
		return ""
	})
	r.kill()
	r.start()
	r.settle()
	if s := r.source(progress.SourceCatalog); s.Applied != 0 {
		t.Errorf("changes applied after a restart: got %d, want none", s.Applied)
	}
}

// A reader that demands its own write sees it, whichever source it went to.
func TestReadYourWrites(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.put("P1", "price", 0)
	r.start()
	r.settle()
	for i := 1; i <= 20; i++ {
		written, err := r.p.catalog.Put(t.Context(), "P1", fmt.Appendf(nil, `{"status":"on","title":"t%d","price":%d}`, i, i), catalog.Condition{})
		if err != nil {
			t.Fatal(err)
		}
		if !r.p.x.WaitFor(t.Context(), consistency.Token{CatalogT: written.Time.T, CatalogI: written.Time.I}) {
			t.Fatal("the write is never seen")
		}
		page, err := r.p.store.Search(t.Context(), search.Query{Text: fmt.Sprint("t", i)})
		if err != nil || page.Total != 1 {
			t.Fatalf("write %d: got %+v, %v", i, page, err)
		}
		r.stock("P1", i)
		want, err := r.heads(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if !r.p.x.WaitFor(t.Context(), consistency.Token{OrdersLSN: want.OrdersLSN}) {
			t.Fatal("the stock is never seen")
		}
		if got, err := r.p.store.Product(t.Context(), "P1"); err != nil || got.Signal.Stock != int64(i) {
			t.Fatalf("stock %d: got %+v, %v", i, got, err)
		}
	}
}

// Every metric of the contract is there, under its name.
func TestMetricNames(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	registry := prometheus.NewRegistry()
	r.put("P1")
	r.put("bad", "price", "free")
	r.start(func(c *Config) { c.Registerer = registry })
	r.settle()
	r.put("P2")
	r.put("worse", "price", "free")
	r.settle()
	r.idle()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int{}
	for _, f := range families {
		got[f.GetName()] = len(f.GetMetric())
	}
	want := map[string]int{
		"aisle_index_lag_seconds": 2, "aisle_index_freshness_seconds": 1, "aisle_changes_total": 2, "aisle_dead_letters": 2,
		"aisle_batch_documents": 1, "aisle_batch_seconds": 1, "aisle_queue_depth": 2, "aisle_slot_retained_bytes": 1,
		"aisle_index_documents": 1, "aisle_index_generation": 1, "aisle_reindex_progress_ratio": 1, "aisle_rebuilds_total": 1,
		"aisle_source_broken": 2, "aisle_source_connected": 2, "aisle_dead_letter_age_seconds": 2,
		"aisle_slot_retained_warning_bytes": 1, "aisle_rebuild_yield_seconds_total": 1,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("metrics and their series (-want +got):\n%s", diff)
	}
	r.eventually("there is a history", func() string {
		if h := r.p.x.History(); len(h) == 0 || h[0].At.IsZero() {
			return fmt.Sprint(h)
		}
		return ""
	})
}
