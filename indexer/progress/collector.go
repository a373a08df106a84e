package progress

import "github.com/prometheus/client_golang/prometheus"

// collector gives gauges of the status at the time of asking.
type collector struct {
	status func() Status

	lag, broken, connected, letters, depth   *prometheus.Desc
	letterAge, walWarning                    *prometheus.Desc
	retained, documents, generation, reindex *prometheus.Desc
}

// NewCollector makes gauges of a status.
func NewCollector(status func() Status) prometheus.Collector {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc(name, help, labels, nil)
	}
	return &collector{
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
func (c *collector) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{c.lag, c.broken, c.connected, c.letterAge, c.walWarning, c.letters, c.depth, c.retained, c.documents, c.generation, c.reindex} {
		out <- d
	}
}

// Collect implements prometheus.Collector.
func (c *collector) Collect(out chan<- prometheus.Metric) {
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

func progressRatio(r *Reindex) float64 {
	if r == nil || r.State != Running {
		return 1
	}
	if r.Total == 0 {
		return 0
	}
	return min(1, float64(r.Done)/float64(r.Total))
}
