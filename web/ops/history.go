package ops

import (
	"math"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/aisle-search/aisle/indexer/progress"
	"github.com/aisle-search/aisle/web/reply"
	"github.com/aisle-search/aisle/web/request"
)

// sampleJSON is the status of one second, as far as charts draw it, under the
// names that /v1/status has.
type sampleJSON struct {
	At        reply.Time         `json:"at"`
	Documents int                `json:"documents"`
	Sources   []sourceSampleJSON `json:"sources"`
	Reindex   *reindexSampleJSON `json:"reindex"`
}

type sourceSampleJSON struct {
	Name        string  `json:"name"`
	LagMS       float64 `json:"lag_ms"`
	Pending     int64   `json:"pending_events"`
	RetainedWAL int64   `json:"retained_wal_bytes"`
	DeadLetters int     `json:"dead_letters"`
	Applied     int64   `json:"applied_events"`
}

type reindexSampleJSON struct {
	State string  `json:"state"`
	Share float64 `json:"share"`
}

// History answers with the samples of the last quarter of an hour.
func (h *Handlers) History(c *gin.Context) error {
	p, err := request.ParseParams(c.Request.URL.RawQuery)
	if err != nil {
		return err
	}
	after := p.Moment("after")
	if err := p.Done(); err != nil {
		return err
	}
	views := sampleViews(h.config.Indexer.History(), h.config.Indexer.Status())
	samples := make([]sampleJSON, 0, len(views))
	for _, v := range views {
		if time.Time(v.At).After(after) {
			samples = append(samples, v)
		}
	}
	return reply.Private(c, http.StatusOK, gin.H{"samples": samples})
}

// sampleViews turns samples into what charts draw. Samples hold rates, so the
// counters are counted back from now; and they hold dead letters of both sources
// together, which are the catalogue's but for a shop's odd rows.
func sampleViews(samples []progress.Sample, now progress.Status) []sampleJSON {
	views := make([]sampleJSON, len(samples))
	var catalog, orders float64
	for _, source := range now.Sources {
		switch source.Name {
		case progress.SourceCatalog:
			catalog = float64(source.Applied)
		case progress.SourceOrders:
			orders = float64(source.Applied)
		}
	}
	for i := len(samples) - 1; i >= 0; i-- {
		s := samples[i]
		views[i] = sampleJSON{At: reply.Time(s.At), Documents: s.Documents, Sources: []sourceSampleJSON{
			{progress.SourceCatalog, millis(s.CatalogLag), s.CatalogPending, 0, s.DeadLetters, count(catalog)},
			{progress.SourceOrders, millis(s.OrdersLag), s.OrdersPending, s.RetainedWAL, 0, count(orders)},
		}}
		if s.ReindexTotal > 0 || s.ReindexDone > 0 {
			share := min(1, float64(s.ReindexDone)/float64(max(s.ReindexTotal, s.ReindexDone)))
			views[i].Reindex = &reindexSampleJSON{State: "running", Share: share}
		}
		if i > 0 {
			took := s.At.Sub(samples[i-1].At).Seconds()
			catalog -= s.CatalogRate * took
			orders -= s.OrdersRate * took
		}
	}
	return views
}

func count(f float64) int64 { return int64(math.Round(max(0, finite(f)))) }
