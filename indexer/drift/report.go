package drift

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Kind is how a product of the index differs from its sources.
type Kind string

// The kinds of drift.
const (
	Missing   Kind = "missing"   // can be shown by the catalogue, not in the index
	Extra     Kind = "extra"     // in the index, gone or unpublished in the catalogue
	Different Kind = "different" // the index was made from other content
	Signal    Kind = "signal"    // stock or sales are not those of the rows
)

// Kinds lists them in the order of reports.
func Kinds() []Kind {
	return []Kind{Missing, Extra, Different, Signal}
}

// States of a Report.
const (
	Running = "running"
	Done    = "done"
	Failed  = "failed"
)

// maxIDs is how many ids of a kind a report names.
const maxIDs = 100

// Findings counts products and names the first of them.
type Findings struct {
	Count int64
	IDs   []string // at most maxIDs
}

func (f *Findings) add(id string) {
	f.Count++
	if len(f.IDs) < maxIDs {
		f.IDs = append(f.IDs, id)
	}
}

// Report is a comparison of the serving index with its sources: the
// running one, or the last.
type Report struct {
	State      string // "running", "done", "failed"
	Repair     bool
	Background bool // begun by the clock
	StartedAt  time.Time
	EndedAt    time.Time
	Generation uint64

	Products int64 // documents of the catalogue compared
	Signals  int64 // products with rows in Postgres compared
	Ranges   int64 // runs of products compared at once
	Reread   int64 // ranges of which something was read again

	Drift       map[Kind]Findings // found, repaired or not; replaced, never changed
	DeadLetters Findings          // products whose document cannot be indexed; no drift
	Unsettled   int64             // products that changed as often as they were looked at
	Repaired    int64
	Remaining   int64 // drift that is still there

	// Where the sources were when the index, having got there, was last compared.
	CatalogPosition string
	OrdersPosition  string
	Error           string // for "failed"

	left map[Kind]int64
}

func newGauge() *prometheus.GaugeVec {
	return prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "aisle_drift_products",
		Help: "Products in which the index differed from its sources at the end of the last comparison.",
	}, []string{"kind"})
}
