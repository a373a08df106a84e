package indexer

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/aisle-search/aisle/indexer/progress"
	"github.com/aisle-search/aisle/search"
)

// wantOrdersLost holds that the orders had to be read anew at least so often.
func (r *rig) wantOrdersLost(n float64) {
	r.t.Helper()
	if got := counted(r.t, r.p.x.metrics.lost.WithLabelValues(progress.SourceOrders)); got < n {
		r.t.Errorf("positions lost: got %v, want %v", got, n)
	}
}

// A slot that somebody has moved past what is stored, and a publication that was
// dropped, while Aisle was off or at work, lead to reading anew; nothing that was
// written in the gap is missing.
func TestOrdersGap(t *testing.T) {
	t.Parallel()
	for name, gap := range map[string]func(r *rig, slot string){
		"slot ahead": func(r *rig, slot string) {
			r.order("P1", 2, 0)
			r.exec("select pg_replication_slot_advance($1, pg_current_wal_lsn())", slot)
		},
		"no publication": func(r *rig, _ string) {
			r.exec("drop publication aisle_publication")
			r.order("P1", 2, 0)
		},
	} {
		t.Run(name+" while off", func(t *testing.T) {
			t.Parallel()
			r := ordersRig(t)
			slot := r.p.orders.Slot()
			r.kill()
			gap(r, slot)
			r.start()
			r.wantSignal("P1", search.Signal{Stock: 1, Sold7: 3, Sold30: 3, Tracked: true})
			r.wantOrdersLost(1)
		})
	}
	t.Run("no publication while at work", func(t *testing.T) {
		t.Parallel()
		r := ordersRig(t)
		r.exec("drop publication aisle_publication")
		r.order("P1", 2, 0)
		r.wantSignal("P1", search.Signal{Stock: 1, Sold7: 3, Sold30: 3, Tracked: true})
		r.wantOrdersLost(1)
	})
}

// ordersRig runs, with one product of which one piece is there and one was sold.
func ordersRig(t *testing.T) *rig {
	t.Helper()
	r := newRig(t)
	r.put("P1")
	r.stock("P1", 1)
	r.order("P1", 1, 0)
	r.start()
	r.settle()
	r.wantSignal("P1", search.Signal{Stock: 1, Sold7: 1, Sold30: 1, Tracked: true})
	return r
}

// A mapped column that goes away makes orders broken, with a reason that names it;
// the catalogue is followed all the same. When the column is back all is counted,
// also what was written meanwhile, in a shape that the log cannot tell any more.
func TestColumnAway(t *testing.T) {
	t.Parallel()
	r := ordersRig(t)
	r.exec("alter table order_lines add channel text")
	r.order("P1", 1, 0)
	r.exec("alter table order_lines drop channel")
	r.order("P1", 1, 0)
	r.wantSignal("P1", search.Signal{Stock: 1, Sold7: 3, Sold30: 3, Tracked: true})
	r.wantOrdersLost(0)
	r.exec("alter table order_lines rename quantity to pieces")
	r.exec("update order_lines set pieces = 4")
	r.eventually("orders are broken", func() string {
		if s := r.source(progress.SourceOrders); s.State != progress.StateBroken || !strings.Contains(s.Reason, `"quantity"`) {
			return fmt.Sprintf("%+v", s)
		}
		return ""
	})
	r.put("P2")
	r.eventually("the catalogue is followed", func() string {
		if len(r.ids()) != 2 {
			return fmt.Sprint(r.ids())
		}
		return ""
	})
	r.exec("alter table order_lines rename pieces to quantity")
	r.wantSignal("P1", search.Signal{Stock: 1, Sold7: 12, Sold30: 12, Tracked: true})
	r.eventually("orders are followed", func() string {
		if s := r.source(progress.SourceOrders); s.State != progress.StateStreaming || s.Reason != "" {
			return fmt.Sprintf("%+v", s)
		}
		return ""
	})
}

// Unchanged large values, under both replica identities, are not taken for null.
func TestUnchangedLargeValue(t *testing.T) {
	t.Parallel()
	for _, identity := range []string{"default", "full"} {
		t.Run(identity, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.put("P1")
			r.exec("alter table order_lines add items text, drop constraint order_lines_status_check")
			r.exec("alter table order_lines replica identity " + identity)
			r.start()
			r.settle()
			for range 3 {
				r.order("P1", 1, 0)
			}
			r.exec(`update order_lines set items = (select string_agg(md5(i::text || random()::text), '') from generate_series(1, 400) i)`)
			r.exec(`update order_lines set status = 'paid'`)
			r.settle()
			r.wantSignal("P1", search.Signal{Sold7: 3, Sold30: 3})
			r.wantOrdersLost(0)
		})
	}
}

// Another connection that holds the slot, as after a cut that the server has not
// heard of, is waited for: orders say who holds it and go on when it is gone.
func TestSlotHeld(t *testing.T) {
	t.Parallel()
	r := ordersRig(t)
	other, err := openPipeline(t.Context(), func() place { at := r.at; at.Dir = t.TempDir(); return at }())
	if err != nil {
		t.Fatal(err)
	}
	said := func() string {
		for _, s := range other.x.Status().Sources {
			if s.Name == progress.SourceOrders {
				return s.Reason
			}
		}
		return ""
	}
	r.eventually("the second one is told", func() string {
		if reason := said(); !strings.Contains(reason, "give each node its own name") {
			return reason
		}
		return ""
	})
	if err := r.p.close(); err != nil {
		t.Fatal(err)
	}
	r.p = other
	r.order("P1", 1, 0)
	ctx, cancel := context.WithTimeout(t.Context(), deadline)
	defer cancel()
	if reason := other.settle(ctx, r); reason != "" {
		t.Error(reason)
	}
}
