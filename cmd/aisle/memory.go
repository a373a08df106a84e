package main

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/aisle-search/aisle/search"
)

// registerMemory exports what the serving index keeps in memory.
func registerMemory(r prometheus.Registerer, store *search.Store) error {
	parts := map[string]func(search.Memory) int64{
		"columns":    func(m search.Memory) int64 { return m.Columns },
		"attributes": func(m search.Memory) int64 { return m.Attributes },
		"postings":   func(m search.Memory) int64 { return m.Postings },
		"values":     func(m search.Memory) int64 { return m.Values },
	}
	for part, of := range parts {
		err := r.Register(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "aisle_index_memory_bytes", Help: "What the serving index keeps in memory beside mapped files, about.",
			ConstLabels: prometheus.Labels{"part": part},
		}, func() float64 {
			x, ok := store.Serving()
			if !ok {
				return 0
			}
			return float64(of(x.Memory()))
		}))
		if err != nil {
			return err
		}
	}
	return nil
}
