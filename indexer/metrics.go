package indexer

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics are counted as things happen; what can be read off the status is
// collected when somebody asks.
type metrics struct {
	freshness      *prometheus.HistogramVec
	changes        *prometheus.CounterVec
	batchDocuments prometheus.Histogram
	batchSeconds   prometheus.Histogram
	rebuilds       *prometheus.CounterVec
	lost           *prometheus.CounterVec
}

func newMetrics() *metrics {
	return &metrics{
		freshness: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "aisle_index_freshness_seconds", Help: "Time from a commit in a source until searches see it.",
			Buckets: []float64{.005, .01, .02, .03, .05, .075, .1, .15, .25, .5, 1, 2.5, 5, 10, 30, 60, 300},
		}, []string{"source"}),
		changes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "aisle_changes_total", Help: "Changes by what became of them: applied, superseded within their batch, or dead letter.",
		}, []string{"source", "op", "result"}),
		batchDocuments: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "aisle_batch_documents", Help: "Products of a committed batch.",
			Buckets: []float64{1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000},
		}),
		batchSeconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "aisle_batch_seconds", Help: "Time to map and commit a batch.",
			Buckets: prometheus.ExponentialBuckets(.001, 2, 14),
		}),
		rebuilds: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "aisle_rebuilds_total", Help: "Rebuilds of the index by how they ended.",
		}, []string{"result"}),
		lost: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "aisle_positions_lost_total", Help: "How often a source could not be continued and was read anew.",
		}, []string{"source"}),
	}
}

func (m *metrics) collectors() []prometheus.Collector {
	return []prometheus.Collector{m.freshness, m.changes, m.batchDocuments, m.batchSeconds, m.rebuilds, m.lost}
}

// fresh notes when a change became searchable. The source's clock may be ahead.
func (m *metrics) fresh(source string, committed, now time.Time) {
	if !committed.IsZero() {
		m.freshness.WithLabelValues(source).Observe(max(0, now.Sub(committed)).Seconds())
	}
}

func (m *metrics) batch(documents int, took time.Duration) {
	m.batchDocuments.Observe(float64(documents))
	m.batchSeconds.Observe(took.Seconds())
}

func (m *metrics) counted(source, op, result string, n int) {
	if n > 0 {
		m.changes.WithLabelValues(source, op, result).Add(float64(n))
	}
}
