package indexer

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/aisle-search/aisle/indexer/progress"
	"github.com/aisle-search/aisle/internal/netfault"
	"github.com/aisle-search/aisle/internal/retry"
)

// lines are the connections of a pipeline to its databases, to be broken.
type lines map[string]*netfault.Proxy

// behindLines is the rig's place with a proxy before each database.
func (r *rig) behindLines() (place, lines) {
	r.t.Helper()
	at, l := r.at, lines{}
	for source, uri := range map[string]*string{progress.SourceCatalog: &at.MongoURI, progress.SourceOrders: &at.PostgresURL} {
		proxy, through, err := netfault.Behind(*uri)
		if err != nil {
			r.t.Fatal(err)
		}
		r.t.Cleanup(proxy.Close)
		*uri, l[source] = through, proxy
	}
	return at, l
}

// startAt turns the pipeline on at a place.
func (r *rig) startAt(at place, change ...func(*Config)) {
	r.t.Helper()
	p, err := openPipeline(r.t.Context(), at, change...)
	if err != nil {
		r.t.Fatal(err)
	}
	r.p = p
}

// keepWriting writes products and stock until stop is called.
func (r *rig) keepWriting() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := 0; ctx.Err() == nil; i++ {
			id := fmt.Sprint("P", i%50)
			if i%7 == 3 {
				r.remove(id)
			} else {
				r.put(id, "price", i)
			}
			r.stock(id, i)
			retry.Sleep(ctx, time.Millisecond)
		}
	})
	return func() { cancel(); wg.Wait() }
}

// The connection to a database is cut, frozen without a word, slow, or refused, before
// anything is read, while the snapshot is read and while changes are followed. Writes go on. Once it is whole
// again the index equals the sources, and it has served all the while.
func TestNetworkFaults(t *testing.T) {
	t.Parallel()
	faults := map[string]func(p *netfault.Proxy){
		"cut":    func(p *netfault.Proxy) { p.Cut() },
		"frozen": func(p *netfault.Proxy) { p.Freeze() },
		"slow":   func(p *netfault.Proxy) { p.Slow(100*time.Millisecond, 200_000) },
		"gone":   func(p *netfault.Proxy) { p.Refuse() },
	}
	for _, source := range []string{progress.SourceCatalog, progress.SourceOrders} {
		for name, fault := range faults {
			for _, phase := range []string{"before", "snapshot", "stream"} {
				t.Run(source+"/"+name+"/"+phase, func(t *testing.T) {
					t.Parallel()
					r := newRig(t)
					for i := range 300 {
						r.put(fmt.Sprint("P", i), "price", i)
						r.stock(fmt.Sprint("P", i), i)
					}
					at, l := r.behindLines()
					r.startAt(at, func(*Config) {
						if phase == "before" {
							fault(l[source])
						}
					})
					if phase == "stream" {
						r.settle()
					}
					stop := r.keepWriting()
					if phase != "before" {
						fault(l[source])
					}
					if phase == "stream" && name != "cut" { // that is over at once
						r.eventually("the fault is noticed", func() string {
							if s := r.source(source); s.Lag == 0 && s.Connected {
								return fmt.Sprintf("%+v", s)
							}
							return ""
						})
						if n := len(r.ids()); n == 0 {
							t.Error("nothing serves meanwhile")
						}
					}
					if name == "cut" {
						for range 3 { // again and again
							retry.Sleep(t.Context(), 100*time.Millisecond)
							l[source].Cut()
						}
					}
					l[source].Heal()
					stop()
					r.settle()
					r.kill() // before its lines go
				})
			}
		}
	}
}
