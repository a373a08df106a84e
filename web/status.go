package web

import (
	"math"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/aisle-search/aisle/indexer/progress"
	"github.com/aisle-search/aisle/search"
	"github.com/aisle-search/aisle/web/request"
)

// healthz says that the process answers, and nothing about what it can do.
func (s *Server) healthz(c *gin.Context) error {
	return private(c, http.StatusOK, gin.H{"status": "alive"})
}

// readyz says whether requests should come here. An index whose source is broken
// still answers, and every node's would be at once: so it is degraded, not away.
func (s *Server) readyz(c *gin.Context) error {
	switch {
	case s.isDraining():
		return &problem{kind: kindNotReady, Detail: "The service is stopping."}
	case !s.config.Indexer.Status().Ready:
		return search.ErrNotReady
	}
	var degraded []string
	for _, source := range s.config.Indexer.Status().Sources {
		if source.State == progress.StateBroken {
			degraded = append(degraded, source.Name+": "+source.Reason)
		}
	}
	if degraded == nil {
		return private(c, http.StatusOK, gin.H{"status": "ready"})
	}
	return private(c, http.StatusOK, gin.H{"status": "degraded", "sources": degraded})
}

func (s *Server) prometheus(c *gin.Context) error {
	promhttp.HandlerFor(s.config.Gatherer, promhttp.HandlerOpts{
		Timeout: 10 * time.Second, MaxRequestsInFlight: 4,
	}).ServeHTTP(c.Writer, c.Request)
	return nil
}

// fieldJSON is a field of the schema as a page needs it.
type fieldJSON struct {
	Name       string `json:"name"`
	Kind       string `json:"kind"`
	Searched   bool   `json:"searched"`
	Identifier bool   `json:"identifier"`
	Facet      bool   `json:"facet"`
	Sort       bool   `json:"sort"`
	Currency   string `json:"currency,omitempty"`
	MinorUnits *int   `json:"minor_units,omitempty"`
}

func kindName(k search.Kind) string {
	switch k {
	case search.Keyword:
		return "keyword"
	case search.Number:
		return "number"
	case search.Money:
		return "money"
	case search.Date:
		return "date"
	case search.Bool:
		return "bool"
	}
	return "text"
}

// schema lists the fields that can be filtered, faceted and sorted by, and the
// ranking profiles.
func (s *Server) schema(c *gin.Context) error {
	if err := onlyParams(c); err != nil {
		return err
	}
	schema := s.config.Searcher.Schema()
	fields := make([]fieldJSON, len(schema.Fields))
	for i, f := range schema.Fields {
		fields[i] = fieldJSON{
			Name: f.Name, Kind: kindName(f.Kind), Searched: f.Weight > 0 || f.Identifier,
			Identifier: f.Identifier, Facet: f.Facet, Sort: f.Sort,
		}
		if f.Kind == search.Money {
			fields[i].Currency, fields[i].MinorUnits = f.Currency, &f.MinorUnits
		}
	}
	profiles := s.config.Searcher.Profiles()
	if profiles == nil {
		profiles = []string{}
	}
	return private(c, http.StatusOK, gin.H{"fields": fields, "profiles": profiles})
}

type statusJSON struct {
	At         stamp        `json:"at"`
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
	Kind       string  `json:"kind"`
	State      string  `json:"state"`
	Phase      string  `json:"phase"`
	Generation uint64  `json:"generation"`
	Done       int64   `json:"done"`
	Total      int64   `json:"total"`
	Share      float64 `json:"share"` // 0 to 1
	Rate       float64 `json:"rate"`  // documents a second
	LeftMS     float64 `json:"left_ms"`
	StartedAt  *stamp  `json:"started_at"`
	EndedAt    *stamp  `json:"ended_at"`
	Error      string  `json:"error,omitempty"`
}

func (s *Server) status(c *gin.Context) error {
	if err := onlyParams(c); err != nil {
		return err
	}
	status := s.config.Indexer.Status()
	view := statusJSON{
		At: stamp(status.At), Version: s.config.Version, Ready: status.Ready, Generation: status.Generation,
		Partitions: status.Partitions, Documents: status.Documents,
		Sources: make([]sourceJSON, len(status.Sources)), Reindex: reindexView(status.Reindex), SetAside: status.SetAside, Leases: []leaseJSON{},
	}
	for i, source := range status.Sources {
		view.Sources[i] = sourceView(source)
	}
	for _, l := range s.config.Leases() {
		view.Leases = append(view.Leases, leaseJSON{l.Name, l.Holder, l.Term, l.Held})
	}
	return private(c, http.StatusOK, view)
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
		StartedAt: stampOf(r.StartedAt), EndedAt: stampOf(r.EndedAt), Error: r.Error,
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

// sampleJSON is the status of one second, as far as charts draw it, under the
// names that /v1/status has.
type sampleJSON struct {
	At        stamp              `json:"at"`
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

// statusHistory answers with the samples of the last quarter of an hour.
func (s *Server) statusHistory(c *gin.Context) error {
	p, err := request.ParseParams(c.Request.URL.RawQuery)
	if err != nil {
		return err
	}
	after := p.Moment("after")
	if err := p.Done(); err != nil {
		return err
	}
	views := sampleViews(s.config.Indexer.History(), s.config.Indexer.Status())
	samples := make([]sampleJSON, 0, len(views))
	for _, v := range views {
		if time.Time(v.At).After(after) {
			samples = append(samples, v)
		}
	}
	return private(c, http.StatusOK, gin.H{"samples": samples})
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
		views[i] = sampleJSON{At: stamp(s.At), Documents: s.Documents, Sources: []sourceSampleJSON{
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
