package indexer

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/aisle-search/aisle/indexer/drift"
	"github.com/aisle-search/aisle/indexer/ledger"
	"github.com/aisle-search/aisle/orders/replication"
	"github.com/aisle-search/aisle/search"
)

// verify runs one comparison to its end.
func (r *rig) verify(repair bool) drift.Report {
	r.t.Helper()
	if err := r.p.x.Verify(repair); err != nil {
		r.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(r.t.Context(), deadline)
	defer cancel()
	if !r.p.x.AwaitVerify(ctx) {
		r.t.Fatalf("the comparison does not end: %+v", r.p.x.VerifyReport())
	}
	report := *r.p.x.VerifyReport()
	if report.State != drift.Done {
		r.t.Fatalf("the comparison has %s: %s", report.State, report.Error)
	}
	return report
}

func driftIDs(r drift.Report) map[drift.Kind][]string {
	out := map[drift.Kind][]string{}
	for kind, f := range r.Drift {
		out[kind] = slices.Sorted(slices.Values(f.IDs))
		if int(f.Count) != len(f.IDs) {
			out[kind] = append(out[kind], fmt.Sprintf("and %d in all", f.Count))
		}
	}
	return out
}

// plant commits straight into the index, as no pipeline would.
func (r *rig) plant(b search.Batch) {
	r.t.Helper()
	serving, _ := r.p.store.Serving()
	if err := serving.Commit(r.t.Context(), b); err != nil {
		r.t.Fatal(err)
	}
}

// It ensures that drift of each kind is found, counted and repaired, that what is
// unpublished or a dead letter is not taken for drift, and that the metric tells.
func TestVerifyFindsAndRepairsDrift(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for i := range 30 {
		r.put(fmt.Sprintf("P%02d", i), "price", 100+i)
		r.stock(fmt.Sprintf("P%02d", i), i)
	}
	r.order("P03", 4, 2)
	r.order("P03", 5, 20)
	r.set("P20", "status", "off")
	r.put("P21", "price", "no money at all")
	for i, id := range []any{bson.NewObjectID(), 7, int64(1) << 40, "7a"} { // sorted by type, then by value
		if _, err := r.products.InsertOne(t.Context(), bson.D{{Key: "_id", Value: id}, {Key: "status", Value: "on"}, {Key: "price", Value: i}}); err != nil {
			t.Fatal(err)
		}
	}
	r.start()
	r.settle()
	clean := r.verify(false)
	if len(clean.Drift) != 0 || clean.Remaining != 0 || clean.Products != 34 || clean.Signals != 30 {
		t.Errorf("before anything is planted: %+v", clean)
	}
	if diff := cmp.Diff(drift.Findings{Count: 1, IDs: []string{"P21"}}, clean.DeadLetters); diff != "" {
		t.Errorf("dead letters: %s", diff)
	}

	r.plant(search.Batch{
		Deletes: []string{"P01", "P02"},
		Documents: []search.Document{
			{ID: "P04", Digest: 7, Display: []byte("{}"), Detail: []byte("{}")},
			{ID: "P20", Digest: 8, Display: []byte("{}"), Detail: []byte("{}")},
			{ID: "ghost", Digest: 9, Display: []byte("{}"), Detail: []byte("{}")},
		},
	})
	r.p.store.SetSignals([]search.Signal{{ID: "P03", Stock: 99, Tracked: true}, {ID: "ghost", Stock: 1, Tracked: true}}, nil)
	want := map[drift.Kind][]string{
		drift.Missing: {"P01", "P02"}, drift.Extra: {"P20", "ghost"}, drift.Different: {"P04"}, drift.Signal: {"P03", "ghost"},
	}
	found := r.verify(false)
	if diff := cmp.Diff(want, driftIDs(found)); diff != "" || found.Remaining != 7 || found.Repaired != 0 {
		t.Errorf("found: %+v\n%s", found, diff)
	}
	if got := counted(t, r.p.x.checker.Gauge().WithLabelValues("missing")); got != 2 {
		t.Errorf("metric of missing products is %v, want 2", got)
	}
	repaired := r.verify(true)
	want[drift.Signal] = []string{"P03"} // the ghost is gone by then
	if diff := cmp.Diff(want, driftIDs(repaired)); diff != "" || repaired.Remaining != 0 || repaired.Repaired != 6 {
		t.Errorf("repaired: %+v\n%s", repaired, diff)
	}
	if got := counted(t, r.p.x.checker.Gauge().WithLabelValues("missing")); got != 0 {
		t.Errorf("metric of missing products is %v, want 0", got)
	}
	if after := r.verify(false); len(after.Drift) != 0 {
		t.Errorf("after the repair: %+v", after)
	}
}

// It ensures that a ledger that has lost its way is read anew.
func TestVerifyRepairsLedger(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.put("P1")
	r.stock("P1", 5)
	r.start()
	r.settle()
	_, err := r.p.x.ledger.Apply([]replication.Change{
		{Kind: replication.KindLine, Op: replication.OpUpsert, Key: "no such line", Product: "P1", Quantity: 3, At: time.Now()},
	}, 0)
	if err != nil {
		t.Fatal(err)
	}
	r.p.store.SetSignals([]search.Signal{{ID: "P1", Stock: 5, Sold7: 3, Sold30: 3, Tracked: true}}, nil)
	report := r.verify(true)
	if diff := cmp.Diff(map[drift.Kind][]string{drift.Signal: {"P1"}}, driftIDs(report)); diff != "" || report.Remaining != 0 || report.Repaired != 1 {
		t.Errorf("got %+v\n%s", report, diff)
	}
	r.stock("P1", 6) // and it is followed again
}

// It ensures that products that change while they are compared are no drift, also
// when another generation takes over.
func TestVerifyUnderWrites(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	const products = 1500
	var stock []any
	for i := range products {
		stock = append(stock, fmt.Sprintf("W%04d", i))
	}
	docs := make([]any, products)
	for i, id := range stock {
		docs[i] = map[string]any{"_id": id, "status": "on", "title": "w", "price": i}
	}
	if _, err := r.products.InsertMany(t.Context(), docs); err != nil {
		t.Fatal(err)
	}
	r.exec(`insert into stock (product_id, on_hand) select 'W' || to_char(n, 'FM0000'), 5 from generate_series(0, $1) n`, products-1)
	r.start()
	r.settle()

	writing, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for n := 0; ; n++ {
			select {
			case <-tick.C:
			case <-writing.Done():
				return
			}
			id := fmt.Sprintf("W%04d", n*7%products)
			switch n % 5 {
			case 0:
				r.set(id, "status", []string{"on", "off"}[n/5%2])
			case 1:
				r.stock(id, n%9+1)
			case 2:
				r.remove(id)
			case 3:
				r.put(fmt.Sprintf("W%04d", n*7%40), "price", n)
			default:
				r.put(id, "price", n%2)
			}
		}
	}()
	for i := range 4 {
		if i == 1 { // generations may be swapped between looks
			r.idle()
			if err := r.p.x.Reindex(t.Context(), false); err != nil {
				t.Error(err)
			}
		}
		if got := r.verify(false); len(got.Drift) != 0 {
			t.Errorf("drift where there is none: %+v", got)
		}
	}
	stop()
	<-done
}

// It ensures that the clock begins comparisons, and that one asked for is not
// kept waiting by them.
func TestVerifyByClock(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.put("P1")
	r.start(func(c *Config) { c.VerifyEvery = 50 * time.Millisecond })
	r.settle()
	r.plant(search.Batch{Deletes: []string{"P1"}})
	r.eventually("compared by the clock", func() string {
		if got := counted(t, r.p.x.checker.Gauge().WithLabelValues("missing")); got != 1 {
			return fmt.Sprintf("%v missing: %+v", got, r.p.x.VerifyReport())
		}
		return ""
	})
	r.eventually("asked for", func() string {
		if err := r.p.x.Verify(true); err != nil {
			return err.Error()
		}
		return ""
	})
	r.eventually("repaired", func() string {
		if _, ok := r.ids()["P1"]; !ok {
			return "P1 is missing"
		}
		return ""
	})
}

// It ensures that the database adds rows up as the ledger does.
func TestSumsAreTheLedgers(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for day := range 33 {
		r.order("P1", day+1, day)
		r.order(fmt.Sprintf("P%d", day), 2, day)
	}
	r.exec(`update order_lines set status = 'cancelled' where product_id in ('P3', 'P8')`)
	r.exec(`update order_lines set created_at = now() + interval '3 days' where product_id = 'P5'`)
	r.stock("P1", 9)
	r.exec(`update stock set reserved = 4`)
	r.stock("P9", 0)
	r.start()
	r.settle()
	got := map[string]search.Signal{}
	err := r.p.x.cfg.Orders.Sums(t.Context(), r.p.x.ledger.Windows(), nil, func(s replication.Sum) error {
		if signal, ok := ledger.SignalOf(s); ok && signal != (search.Signal{ID: signal.ID}) {
			got[s.Product] = signal
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]search.Signal{}
	err = r.p.x.ledger.Each(func(signals []search.Signal) error {
		for _, s := range signals {
			if s != (search.Signal{ID: s.ID}) {
				want[s.ID] = s
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	looked, err := r.p.x.ledger.Signals([]string{"P1", "nobody"})
	if diff := cmp.Diff([]search.Signal{want["P1"], {ID: "nobody"}}, looked); diff != "" || err != nil {
		t.Error(diff, err)
	}
}
