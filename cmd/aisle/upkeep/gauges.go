package upkeep

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/aisle-search/aisle/orders/lease"
	"github.com/aisle-search/aisle/search"
)

// RegisterLeases exports which leases this node holds.
func RegisterLeases(r prometheus.Registerer, keepers []*lease.Keeper) error {
	for _, k := range keepers {
		gauge := func(name, help string, of func(lease.Status) float64) error {
			return r.Register(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
				Name: name, Help: help, ConstLabels: prometheus.Labels{"lease": k.Status().Name},
			}, func() float64 { return of(k.Status()) }))
		}
		err := errors.Join(
			gauge("aisle_lease_held", "1 while this node holds the lease.", func(s lease.Status) float64 {
				if s.Held {
					return 1
				}
				return 0
			}),
			gauge("aisle_lease_term", "The latest term of the lease that this node has seen.", func(s lease.Status) float64 { return float64(s.Term) }))
		if err != nil {
			return err
		}
	}
	return nil
}

// RegisterMemory exports what the serving index keeps in memory.
func RegisterMemory(r prometheus.Registerer, store *search.Store) error {
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
