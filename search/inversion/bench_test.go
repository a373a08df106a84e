package inversion

import (
	"math/rand/v2"
	"testing"

	zap "github.com/blevesearch/zapx/v17"
)

// BenchmarkBuild is a batch of 2,000 documents, by our builder and by Bleve's, which
// has the terms of each document counted in a map first.
func BenchmarkBuild(b *testing.B) {
	docs := randomDocuments(rand.New(rand.NewPCG(1, 2)), 2000, 0)
	for _, bb := range []struct {
		name string
		plugin
	}{{"aisle", &Plugin{}}, {"bleve", &zap.ZapPlugin{}}} {
		b.Run(bb.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := bb.New(docs); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N*len(docs))/b.Elapsed().Seconds(), "docs/s")
		})
	}
}
