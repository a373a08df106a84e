package web

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics are this package's. Labels never hold ids, queries or anything
// personal.
type metrics struct {
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	searches *prometheus.HistogramVec
	zero     prometheus.Counter
	stale    prometheus.Counter
	shed     prometheus.Counter
	panics   prometheus.Counter
	orders   *prometheus.CounterVec
}

func newMetrics(r prometheus.Registerer) (*metrics, error) {
	// From a cached answer to a timeout, finer where searches are.
	buckets := []float64{.0005, .001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5, 10}
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
	}
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "aisle_http_requests_total", Help: "Requests answered.",
		}, []string{"route", "method", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "aisle_http_seconds", Help: "Time from a request's headers to the end of its answer.", Buckets: buckets,
		}, []string{"route"}),
		searches: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "aisle_search_seconds", Help: "Time of a search, waiting for its turn included.", Buckets: buckets,
		}, []string{"kind"}),
		zero:   counter("aisle_search_zero_results_total", "Searches with text that found nothing."),
		stale:  counter("aisle_search_stale_total", "Searches that did not see what their consistency token demanded."),
		shed:   counter("aisle_search_shed_total", "Searches refused because too many were in flight."),
		panics: counter("aisle_http_panics_total", "Handlers that panicked and were answered with 500."),
		orders: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "aisle_orders_total", Help: "Order placements by their result.",
		}, []string{"result"}),
	}
	for _, c := range []prometheus.Collector{
		m.requests, m.seconds, m.searches, m.zero, m.stale, m.shed, m.panics, m.orders,
	} {
		if err := r.Register(c); err != nil {
			return nil, fmt.Errorf("register metrics: %w", err)
		}
	}
	return m, nil
}
