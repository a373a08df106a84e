package ledger

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/aisle-search/aisle/orders/postgres"
	"github.com/aisle-search/aisle/orders/replication"
)

// BenchmarkApplyStock changes the stock of 1,000 of 100,000 products per commit,
// with fsync. It must stay well under 100 ms a batch: 10,000 changes a second.
func BenchmarkApplyStock(b *testing.B) {
	l, _ := openNew(b)
	const products, batch = 100_000, 1000
	fill := make([]replication.Change, 0, products)
	for i := range products {
		fill = append(fill, stock(fmt.Sprintf("P%07d\x1fmain", i), fmt.Sprintf("P%07d", i), 5))
	}
	apply(b, l, 1, fill...)
	r := rand.New(rand.NewPCG(1, 1))
	changes := make([]replication.Change, batch)
	lsn := postgres.LSN(1)
	for b.Loop() {
		for i := range changes {
			p := fmt.Sprintf("P%07d", r.IntN(products))
			changes[i] = stock(p+"\x1fmain", p, r.Int64N(100))
		}
		lsn++
		apply(b, l, lsn, changes...)
	}
	b.ReportMetric(float64(b.N*batch)/b.Elapsed().Seconds(), "changes/s")
}
