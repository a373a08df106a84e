package indexer

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/aisle-search/aisle/indexer/progress"
)

// BenchmarkFreshness writes one product, or one stock row, at a time among 2,000
// and waits until searches see it. p50 must be under 100 ms and p99 under 500 ms;
// the command `aisle freshness` measures the same under load.
func BenchmarkFreshness(b *testing.B) {
	r := newRig(b)
	r.fill(2000)
	r.start()
	r.settle()
	for _, kind := range []struct {
		name  string
		write func(id string, n int)
	}{
		{"catalog", func(id string, n int) { r.put(id, "price", n) }},
		{"orders", r.stock},
	} {
		b.Run(kind.name, func(b *testing.B) {
			var took []time.Duration
			for b.Loop() {
				kind.write(fmt.Sprintf("P%05d", rand.IntN(2000)), rand.IntN(1000))
				began := time.Now()
				want, err := r.heads(context.Background())
				if err != nil {
					b.Fatal(err)
				}
				if kind.name == "catalog" {
					want.OrdersLSN = 0
				} else {
					want.CatalogT, want.CatalogI = 0, 0
				}
				if !r.p.x.WaitFor(b.Context(), want) {
					b.Fatal("the write is never seen")
				}
				took = append(took, time.Since(began))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
		})
	}
}

// BenchmarkReindex rebuilds an index of 5,000 small products.
func BenchmarkReindex(b *testing.B) {
	r := newRig(b)
	const products = 5000
	r.fill(products)
	r.start()
	r.settle()
	for b.Loop() {
		if err := r.p.x.Reindex(b.Context(), false); err != nil {
			b.Fatal(err)
		}
		for r.p.x.ReindexStatus().State == progress.Running {
			time.Sleep(time.Millisecond)
		}
		if s := r.p.x.ReindexStatus(); s.State != progress.Done {
			b.Fatalf("%+v", s)
		}
	}
	b.ReportMetric(float64(b.N*products)/b.Elapsed().Seconds(), "documents/s")
}
