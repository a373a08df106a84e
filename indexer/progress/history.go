package progress

import (
	"context"
	"sync"
	"time"
)

// A History is sampled once a second and kept for a quarter of an hour.
const (
	sampleEvery = time.Second
	samplesKept = 900
)

// Sample is the pipeline at one instant, for charts.
type Sample struct {
	At                    time.Time
	CatalogLag, OrdersLag time.Duration
	// Rates are changes applied a second since the sample before.
	CatalogRate, OrdersRate   float64
	CatalogPending            int64
	OrdersPending             int64
	RetainedWAL               int64
	DeadLetters               int
	Documents                 int
	ReindexDone, ReindexTotal int64
	catalogTotal, ordersTotal int64
}

// History is a ring of samples. Its zero value is empty.
type History struct {
	mu      sync.Mutex // guards what follows
	samples []Sample
	next    int // where the oldest is, once the ring is full
}

// Run samples until ctx ends.
func (h *History) Run(ctx context.Context, status func() Status) {
	tick := time.NewTicker(sampleEvery)
	defer tick.Stop()
	for {
		h.add(status())
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

func (h *History) add(s Status) {
	sample := Sample{At: s.At, Documents: s.Documents}
	for _, source := range s.Sources {
		sample.DeadLetters += source.DeadLetters
		switch source.Name {
		case SourceCatalog:
			sample.CatalogLag, sample.CatalogPending, sample.catalogTotal = source.Lag, source.Pending, source.Applied
		case SourceOrders:
			sample.OrdersLag, sample.OrdersPending, sample.ordersTotal = source.Lag, source.Pending, source.Applied
			sample.RetainedWAL = source.RetainedWAL
		}
	}
	if s.Reindex != nil && s.Reindex.State == Running {
		sample.ReindexDone, sample.ReindexTotal = s.Reindex.Done, s.Reindex.Total
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if n := len(h.samples); n > 0 {
		before := h.samples[(h.next+n-1)%n]
		if took := sample.At.Sub(before.At).Seconds(); took > 0 {
			sample.CatalogRate = float64(sample.catalogTotal-before.catalogTotal) / took
			sample.OrdersRate = float64(sample.ordersTotal-before.ordersTotal) / took
		}
	}
	if len(h.samples) < samplesKept {
		h.samples = append(h.samples, sample)
		return
	}
	h.samples[h.next] = sample
	h.next = (h.next + 1) % samplesKept
}

// All gives the samples, oldest first.
func (h *History) All() []Sample {
	h.mu.Lock()
	defer h.mu.Unlock()
	out := make([]Sample, 0, len(h.samples))
	out = append(out, h.samples[h.next:]...)
	return append(out, h.samples[:h.next]...)
}
