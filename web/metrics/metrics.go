// Package metrics is what the HTTP side counts. Labels never hold ids, queries or
// anything personal.
package metrics

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics are counted by the server as it answers.
type Metrics struct {
	Requests    *prometheus.CounterVec
	Seconds     *prometheus.HistogramVec
	Searches    *prometheus.HistogramVec
	ZeroResults prometheus.Counter
	Stale       prometheus.Counter
	Shed        prometheus.Counter
	Cache       *prometheus.CounterVec
	Panics      prometheus.Counter
	Orders      *prometheus.CounterVec
}

// New registers the metrics.
func New(r prometheus.Registerer) (*Metrics, error) {
	// From a cached answer to a timeout, finer where searches are.
	buckets := []float64{.0005, .001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5, 10}
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
	}
	m := &Metrics{
		Requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "aisle_http_requests_total", Help: "Requests answered.",
		}, []string{"route", "method", "status"}),
		Seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "aisle_http_seconds", Help: "Time from a request's headers to the end of its answer.", Buckets: buckets,
		}, []string{"route"}),
		Searches: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "aisle_search_seconds", Help: "Time of a search, waiting for its turn included.", Buckets: buckets,
		}, []string{"kind"}),
		ZeroResults: counter("aisle_search_zero_results_total", "Searches with text that found nothing."),
		Stale:       counter("aisle_search_stale_total", "Searches that did not see what their consistency token demanded."),
		Shed:        counter("aisle_search_shed_total", "Searches refused because too many were in flight."),
		Cache: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "aisle_search_cache_total", Help: "Searches that might be answered from the cache, by whether they were.",
		}, []string{"outcome"}),
		Panics: counter("aisle_http_panics_total", "Handlers that panicked and were answered with 500."),
		Orders: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "aisle_orders_total", Help: "Order placements by their result.",
		}, []string{"result"}),
	}
	for _, c := range []prometheus.Collector{
		m.Requests, m.Seconds, m.Searches, m.ZeroResults, m.Stale, m.Shed, m.Cache, m.Panics, m.Orders,
	} {
		if err := r.Register(c); err != nil {
			return nil, fmt.Errorf("register metrics: %w", err)
		}
	}
	return m, nil
}
