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

// statusCollector gives gauges of the status at the time of asking.
type statusCollector struct {
	status func() Status

	lag, broken, connected, letters, depth   *prometheus.Desc
	letterAge, walWarning                    *prometheus.Desc
	retained, documents, generation, reindex *prometheus.Desc
}

func newStatusCollector(status func() Status) *statusCollector {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc(name, help, labels, nil)
	}
	return &statusCollector{
		status:     status,
		lag:        desc("aisle_index_lag_seconds", "Age of the oldest change that is not applied.", "source"),
		broken:     desc("aisle_source_broken", "1 while a source cannot be followed; the status says why.", "source"),
		connected:  desc("aisle_source_connected", "1 while a session has heard from the source.", "source"),
		letterAge:  desc("aisle_dead_letter_age_seconds", "Age of the oldest dead letter, 0 when there is none.", "source"),
		walWarning: desc("aisle_slot_retained_warning_bytes", "From how much retained log on the status warns."),
		letters:    desc("aisle_dead_letters", "Changes that could not be applied and are kept.", "source"),
		depth:      desc("aisle_queue_depth", "Changes received and not applied, by part of the pipeline.", "partition"),
		retained:   desc("aisle_slot_retained_bytes", "Log that the replication slot holds back."),
		documents:  desc("aisle_index_documents", "Products that can be found."),
		generation: desc("aisle_index_generation", "Number of the serving generation."),
		reindex:    desc("aisle_reindex_progress_ratio", "Share of the running rebuild that is done, 1 when none runs."),
	}
}

// Describe implements prometheus.Collector.
func (c *statusCollector) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{c.lag, c.broken, c.connected, c.letterAge, c.walWarning, c.letters, c.depth, c.retained, c.documents, c.generation, c.reindex} {
		out <- d
	}
}

// Collect implements prometheus.Collector.
func (c *statusCollector) Collect(out chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	s := c.status()
	for _, source := range s.Sources {
		gauge(c.lag, source.Lag.Seconds(), source.Name)
		gauge(c.letters, float64(source.DeadLetters), source.Name)
		gauge(c.letterAge, source.OldestLetter.Seconds(), source.Name)
		gauge(c.broken, oneIf(source.State == StateBroken), source.Name)
		gauge(c.connected, oneIf(source.Connected), source.Name)
		gauge(c.depth, float64(source.Pending), source.Name)
		if source.Name == SourceOrders {
			gauge(c.retained, float64(source.RetainedWAL))
			gauge(c.walWarning, float64(source.WALWarning))
		}
	}
	gauge(c.documents, float64(s.Documents))
	gauge(c.generation, float64(s.Generation))
	gauge(c.reindex, progressRatio(s.Reindex))
}

func oneIf(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

func progressRatio(r *ReindexStatus) float64 {
	if r == nil || r.State != reindexRunning {
		return 1
	}
	if r.Total == 0 {
		return 0
	}
	return min(1, float64(r.Done)/float64(r.Total))
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
