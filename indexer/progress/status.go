package progress

import "time"

// Names of the sources, as they appear in positions, metrics and dead letters.
const (
	SourceCatalog = "catalog"
	SourceOrders  = "orders"
)

// State is what a source is doing.
type State string

// The states of a source.
const (
	StateSnapshot   State = "snapshot"    // reading everything once
	StateCatchingUp State = "catching-up" // following, behind
	StateStreaming  State = "streaming"   // following, up to date
	StateBroken     State = "broken"      // cannot follow; Reason says why
)

// Status is an immutable picture of the pipeline.
type Status struct {
	At         time.Time
	Ready      bool // a generation serves
	Generation uint64
	Partitions int
	Documents  int
	Sources    []Source // catalog, orders
	Reindex    *Reindex // the running one, or the last; nil if none was
	SetAside   string   // what was found damaged at start and moved aside
}

// Source is one source's progress.
type Source struct {
	Name         string // "catalog" or "orders"
	State        State
	Reason       string // for StateBroken, one sentence that tells what to do
	Connected    bool   // a session has heard from the source
	Position     string // cluster time "T.I" or LSN "X/Y"
	Lag          time.Duration
	Pending      int64 // events received and not yet applied
	Behind       int64 // WAL bytes not yet applied (orders)
	RetainedWAL  int64 // bytes the slot holds back (orders)
	WALWarning   int64 // RetainedWAL from which somebody should look; 0 for the catalogue
	DeadLetters  int
	OldestLetter time.Duration // age; 0 when there is none
	Applied      int64         // changes applied since start
}
