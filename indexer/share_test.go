package indexer

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/aisle-search/aisle/catalog"
	"github.com/aisle-search/aisle/internal/poll"
	"github.com/aisle-search/aisle/orders/postgres"
	"github.com/aisle-search/aisle/orders/replication"
	"github.com/aisle-search/aisle/search"
)

const (
	shareProducts = 20_000
	shareRate     = 500 // product changes, and as many order lines, a second
	shareSearches = 25  // a second, of each of four searchers
)

// BenchmarkShare measures what of the freshness is Aisle's own: 500 product changes and
// 500 order lines a second are handed over from memory, as no server on the same machine
// could, while four search with facets. It counts from the handing over until the index
// shows the change.
func BenchmarkShare(b *testing.B) {
	r := newRig(b)
	r.insertMadeUp(shareProducts)
	m := &memory{changes: make(chan func(func(catalog.Change) error) error), lines: make(chan func(func(replication.Change) error) error)}
	// Not r's own, whose index is to equal the databases in the end.
	p, err := openPipeline(b.Context(), r.at, func(c *Config) {
		c.Catalog, c.Orders = memoryCatalog{c.Catalog, m}, memoryOrders{c.Orders, m}
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := p.close(); err != nil {
			b.Error(err)
		}
	})
	m.give(b, "P00000", 0) // so that both are known to have caught up
	poll.Eventually(b, "an index serves", func() bool { return p.x.Status().Ready })
	undisturbed := at(searchMeanwhile(b, p.store, 3*shareSearches)(), 99)

	busy := searchMeanwhile(b, p.store, 1)
	serving, _ := p.store.Serving()
	seen := &sightings{index: serving}
	var watch sync.WaitGroup
	stop := make(chan struct{})
	watch.Go(func() { seen.watch(stop) })
	began := time.Now()
	for n := 1; b.Loop(); n++ {
		time.Sleep(time.Until(began.Add(time.Duration(n) * time.Second / shareRate)))
		id := fmt.Sprintf("P%05d", n*7919%shareProducts)
		seen.expect(b, id)
		m.give(b, id, n)
	}
	b.ReportMetric(float64(b.N)/time.Since(began).Seconds(), "changes/s") // as many order lines
	poll.Eventually(b, "every change is seen", func() bool { return seen.left() == 0 })
	close(stop)
	watch.Wait()
	b.ReportMetric(undisturbed, "search-quiet-p99-ms")
	for name, took := range map[string][]time.Duration{"catalog": seen.changes, "orders": seen.lines, "search": busy()} {
		b.ReportMetric(at(took, 50), name+"-p50-ms")
		b.ReportMetric(at(took, 99), name+"-p99-ms")
	}
}

// at is a percentile in milliseconds.
func at(took []time.Duration, percent int) float64 {
	if len(took) == 0 {
		return 0
	}
	slices.Sort(took)
	return float64(took[(len(took)-1)*percent/100].Microseconds()) / 1000
}

var madeUpWords = []string{"wireless", "mouse", "keyboard", "usb", "cable", "lamp", "desk", "black", "white", "pad", "gaming", "office", "mini", "led"}

// madeUp is a document as a shop has it.
func madeUp(id string, price int) bson.Raw {
	rng := rand.New(rand.NewPCG(uint64(len(id)), uint64(id[len(id)-1])<<8|uint64(id[len(id)-2])))
	title := ""
	for range 8 {
		title += madeUpWords[rng.IntN(len(madeUpWords))] + " "
	}
	attributes := bson.D{}
	for i := range 10 {
		attributes = append(attributes, bson.E{Key: fmt.Sprint("attribute ", rng.IntN(40)), Value: fmt.Sprint("value ", i, " ", rng.IntN(20))})
	}
	raw, err := bson.Marshal(bson.D{
		{Key: "_id", Value: id}, {Key: "status", Value: "on"}, {Key: "title", Value: title + id}, {Key: "brand", Value: "brand " + id[len(id)-2:]},
		{Key: "price", Value: price}, {Key: "attrs", Value: attributes},
	})
	if err != nil {
		panic(err)
	}
	return raw
}

func (r *rig) insertMadeUp(n int) {
	r.t.Helper()
	var docs []any
	for i := range n {
		docs = append(docs, madeUp(fmt.Sprintf("P%05d", i), i))
	}
	if _, err := r.products.InsertMany(context.Background(), docs); err != nil {
		r.t.Fatal(err)
	}
}

// memory hands changes to the pipeline after its snapshots.
type memory struct {
	changes chan func(func(catalog.Change) error) error
	lines   chan func(func(replication.Change) error) error
}

// give hands over that a product has its n-th price, and was sold once more.
func (m *memory) give(b *testing.B, id string, n int) {
	b.Helper()
	send(b, m.changes, func(receive func(catalog.Change) error) error {
		return receive(catalog.Change{
			ID: catalog.ProductID(id), Op: catalog.OpUpsert, Raw: madeUp(id, 100_000+n), CommittedAt: time.Now(),
			Position: catalog.Position{Token: bson.Raw("\x05\x00\x00\x00\x00"), Time: catalog.ClusterTime{T: 1 << 31, I: uint32(n)}},
		})
	})
	send(b, m.lines, func(receive func(replication.Change) error) error {
		lsn := postgres.LSN(1<<40 + n)
		if err := receive(replication.Change{
			Kind: replication.KindLine, Op: replication.OpUpsert, Key: fmt.Sprint("memory", n), Product: id, Quantity: 1,
			At: time.Now(), LSN: lsn, CommittedAt: time.Now(),
		}); err != nil {
			return err
		}
		return receive(replication.Change{Op: replication.OpCommit, LSN: lsn, CommittedAt: time.Now()})
	})
}

// send gives up where nobody receives.
func send[T any](b *testing.B, to chan<- T, v T) {
	b.Helper()
	late := time.NewTimer(deadline)
	defer late.Stop()
	select {
	case to <- v:
	case <-late.C:
		b.Fatal("the pipeline takes no changes")
	}
}

type memoryCatalog struct {
	catalogSource
	*memory
}

func (m memoryCatalog) Stream(ctx context.Context, _ catalog.Position, receive func(catalog.Change) error) error {
	return handOver(ctx, m.changes, receive)
}

type memoryOrders struct {
	ordersSource
	*memory
}

func (m memoryOrders) Stream(ctx context.Context, _ postgres.LSN, receive func(replication.Change) error) error {
	return handOver(ctx, m.lines, receive)
}

// Acknowledge says nothing: the server never had the changes.
func (memoryOrders) Acknowledge(postgres.LSN) {}

func handOver[C any](ctx context.Context, from chan func(func(C) error) error, receive func(C) error) error {
	for {
		select {
		case give := <-from:
			if err := give(receive); err != nil {
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// searchMeanwhile searches until the answer is called, which gives how long each took;
// each of the four searchers asks so often at least.
func searchMeanwhile(b *testing.B, s *search.Store, least int) (took func() []time.Duration) {
	ctx, cancel := context.WithCancel(b.Context())
	all := make([][]time.Duration, 4)
	var g sync.WaitGroup
	for i := range all {
		g.Go(func() {
			tick := time.NewTicker(time.Second / shareSearches)
			defer tick.Stop()
			for n := i; ctx.Err() == nil || len(all[i]) < least; n++ {
				<-tick.C
				q := search.Query{Text: madeUpWords[n%len(madeUpWords)] + " " + madeUpWords[n*3%len(madeUpWords)], Facets: []string{"auto", "brand", "price"}}
				began := time.Now()
				if _, err := s.Search(context.WithoutCancel(ctx), q); err != nil {
					b.Error(err)
					return
				}
				all[i] = append(all[i], time.Since(began))
			}
		})
	}
	return func() []time.Duration {
		cancel()
		g.Wait()
		return slices.Concat(all...)
	}
}

// sightings are when the index showed what was handed over.
type sightings struct {
	index *search.Index

	mu             sync.Mutex // guards what follows
	waiting        []awaited
	changes, lines []time.Duration
}

type awaited struct {
	id              string
	from            time.Time
	before          search.Held
	product, signal bool // have been seen
}

func (s *sightings) expect(b *testing.B, id string) {
	before, err := s.index.Held([]string{id})
	if err != nil {
		b.Fatal(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waiting = append(s.waiting, awaited{id: id, from: time.Now(), before: before[0]})
}

// watch looks every millisecond until stop is closed.
func (s *sightings) watch(stop <-chan struct{}) {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-stop:
			return
		case <-tick.C:
			s.look()
		}
	}
}

// left is how many changes were not seen yet.
func (s *sightings) left() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.waiting)
}

func (s *sightings) look() {
	s.mu.Lock()
	defer s.mu.Unlock()
	ids := make([]string, len(s.waiting))
	for i, w := range s.waiting {
		ids[i] = w.id
	}
	held, err := s.index.Held(ids)
	if err != nil {
		return // closed
	}
	now := time.Now()
	for i := range s.waiting {
		w := &s.waiting[i]
		if !w.product && held[i].Digest != w.before.Digest {
			w.product = true
			s.changes = append(s.changes, now.Sub(w.from))
		}
		if !w.signal && held[i].Signal.Sold7 != w.before.Signal.Sold7 {
			w.signal = true
			s.lines = append(s.lines, now.Sub(w.from))
		}
	}
	s.waiting = slices.DeleteFunc(s.waiting, func(w awaited) bool { return w.product && w.signal })
}
