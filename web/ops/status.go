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

type statusJSON struct {
	At         reply.Time   `json:"at"`
	Version    string       `json:"version"`
	Ready      bool         `json:"ready"`
	Generation uint64       `json:"generation"`
	Partitions int          `json:"partitions"`
	Documents  int          `json:"documents"`
	Sources    []sourceJSON `json:"sources"`
	Reindex    *reindexJSON `json:"reindex"`
	SetAside   string       `json:"set_aside,omitempty"`
	Leases     []leaseJSON  `json:"leases"`
}

type leaseJSON struct {
	Name   string `json:"name"`
	Holder string `json:"holder"`
	Term   int64  `json:"term"`
	Held   bool   `json:"held"` // by this node
}

type sourceJSON struct {
	Name        string  `json:"name"`
	State       string  `json:"state"`
	Reason      string  `json:"reason,omitempty"`
	Connected   bool    `json:"connected"`
	Position    string  `json:"position"`
	LagMS       float64 `json:"lag_ms"`
	Pending     int64   `json:"pending_events"`
	Behind      int64   `json:"behind_bytes"`
	RetainedWAL int64   `json:"retained_wal_bytes"`
	WALWarning  int64   `json:"retained_wal_warning_bytes,omitempty"`
	WALHigh     bool    `json:"retained_wal_high,omitempty"`
	DeadLetters int     `json:"dead_letters"`
	OldestMS    float64 `json:"oldest_dead_letter_ms"`
	Applied     int64   `json:"applied_events"`
}

type reindexJSON struct {
	Kind       string      `json:"kind"`
	State      string      `json:"state"`
	Phase      string      `json:"phase"`
	Generation uint64      `json:"generation"`
	Done       int64       `json:"done"`
	Total      int64       `json:"total"`
	Share      float64     `json:"share"` // 0 to 1
	Rate       float64     `json:"rate"`  // documents a second
	LeftMS     float64     `json:"left_ms"`
	StartedAt  *reply.Time `json:"started_at"`
	EndedAt    *reply.Time `json:"ended_at"`
	Error      string      `json:"error,omitempty"`
}

// Status says how far each source is, what serves and what is being rebuilt.
func (h *Handlers) Status(c *gin.Context) error {
	if err := request.NoParams(c); err != nil {
		return err
	}
	status := h.config.Indexer.Status()
	view := statusJSON{
		At: reply.Time(status.At), Version: h.config.Version, Ready: status.Ready, Generation: status.Generation,
		Partitions: status.Partitions, Documents: status.Documents,
		Sources: make([]sourceJSON, len(status.Sources)), Reindex: reindexView(status.Reindex), SetAside: status.SetAside, Leases: []leaseJSON{},
	}
	for i, source := range status.Sources {
		view.Sources[i] = sourceView(source)
	}
	for _, l := range h.config.Leases() {
		view.Leases = append(view.Leases, leaseJSON{l.Name, l.Holder, l.Term, l.Held})
	}
	return reply.Private(c, http.StatusOK, view)
}

func sourceView(s progress.Source) sourceJSON {
	return sourceJSON{
		Name: s.Name, State: string(s.State), Reason: s.Reason, Connected: s.Connected, Position: s.Position, LagMS: millis(s.Lag),
		Pending: s.Pending, Behind: s.Behind, RetainedWAL: s.RetainedWAL,
		WALWarning: s.WALWarning, WALHigh: s.WALWarning > 0 && s.RetainedWAL > s.WALWarning, OldestMS: millis(s.OldestLetter), DeadLetters: s.DeadLetters, Applied: s.Applied,
	}
}

func reindexView(r *progress.Reindex) *reindexJSON {
	if r == nil {
		return nil
	}
	view := &reindexJSON{
		Kind: r.Kind, State: r.State, Phase: r.Phase, Generation: r.Generation, Done: r.Done, Total: r.Total,
		Rate: finite(r.Rate), LeftMS: millis(r.Left),
		StartedAt: reply.TimeOf(r.StartedAt), EndedAt: reply.TimeOf(r.EndedAt), Error: r.Error,
	}
	switch {
	case r.State == "done":
		view.Share = 1
	case r.Total > 0: // the total is an estimate; more may come
		view.Share = min(1, float64(r.Done)/float64(r.Total))
	}
	return view
}

// millis is a duration in milliseconds, never negative.
func millis(d time.Duration) float64 { return float64(max(d, 0).Microseconds()) / 1000 }

// finite is f, or 0 for what JSON has no number for.
func finite(f float64) float64 {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return 0
	}
	return f
}
