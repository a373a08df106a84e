package ops

import (
	"context"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/aisle-search/aisle/indexer/drift"
	"github.com/aisle-search/aisle/indexer/progress"
	"github.com/aisle-search/aisle/web/reply"
	"github.com/aisle-search/aisle/web/request"
)

// verifyWait is how long a comparison's answer is waited for before the caller is
// sent to look for it.
const verifyWait = 10 * time.Second

type findingsJSON struct {
	Count int64    `json:"count"`
	IDs   []string `json:"ids"` // the first hundred
}

func findingsView(f drift.Findings) findingsJSON {
	if f.IDs == nil {
		f.IDs = []string{}
	}
	return findingsJSON{f.Count, f.IDs}
}

type verifyJSON struct {
	State      string                      `json:"state"`
	Repair     bool                        `json:"repair"`
	Background bool                        `json:"background"`
	StartedAt  *reply.Time                 `json:"started_at"`
	EndedAt    *reply.Time                 `json:"ended_at"`
	DurationMS float64                     `json:"duration_ms"`
	Generation uint64                      `json:"generation"`
	Products   int64                       `json:"products"`
	Signals    int64                       `json:"signals"`
	Ranges     int64                       `json:"ranges"`
	Reread     int64                       `json:"ranges_reread"`
	Positions  map[string]string           `json:"positions"`
	Drift      map[drift.Kind]findingsJSON `json:"drift"`
	Dead       findingsJSON                `json:"dead_letters"`
	Unsettled  int64                       `json:"unsettled"`
	Repaired   int64                       `json:"repaired"`
	Remaining  int64                       `json:"remaining"`
	Error      string                      `json:"error,omitempty"`
}

func (h *Handlers) verifyView(r *drift.Report) verifyJSON {
	until := r.EndedAt
	if until.IsZero() {
		until = h.config.Now()
	}
	view := verifyJSON{
		State: r.State, Repair: r.Repair, Background: r.Background,
		StartedAt: reply.TimeOf(r.StartedAt), EndedAt: reply.TimeOf(r.EndedAt), DurationMS: millis(until.Sub(r.StartedAt)),
		Generation: r.Generation, Products: r.Products, Signals: r.Signals, Ranges: r.Ranges, Reread: r.Reread,
		Positions: map[string]string{progress.SourceCatalog: r.CatalogPosition, progress.SourceOrders: r.OrdersPosition},
		Drift:     map[drift.Kind]findingsJSON{}, Dead: findingsView(r.DeadLetters),
		Unsettled: r.Unsettled, Repaired: r.Repaired, Remaining: r.Remaining, Error: r.Error,
	}
	for _, kind := range drift.Kinds() {
		view.Drift[kind] = findingsView(r.Drift[kind])
	}
	return view
}

// StartVerify compares index and sources. A comparison that takes long goes on
// after the answer, which then says where to look.
func (h *Handlers) StartVerify(c *gin.Context) error {
	p, err := request.ParseParams(c.Request.URL.RawQuery)
	if err != nil {
		return err
	}
	repair := p.Boolean("repair")
	if err := p.Done(); err != nil {
		return err
	}
	if err := request.NoBody(c); err != nil {
		return err
	}
	if err := h.config.Indexer.Verify(repair); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(c.Request.Context(), verifyWait)
	defer cancel()
	status := http.StatusOK
	if !h.config.Indexer.AwaitVerify(ctx) {
		status = http.StatusAccepted
		c.Header("Location", "/v1/admin/verify")
	}
	return reply.Private(c, status, h.verifyView(h.config.Indexer.VerifyReport()))
}

// ShowVerify is the running comparison, or the last.
func (h *Handlers) ShowVerify(c *gin.Context) error {
	if err := request.NoParams(c); err != nil {
		return err
	}
	report := h.config.Indexer.VerifyReport()
	if report == nil {
		return ErrNoVerify
	}
	return reply.Private(c, http.StatusOK, h.verifyView(report))
}
