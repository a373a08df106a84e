package indexer

import "time"

// State is what a source is doing.
type State string

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
	Sources    []SourceStatus // catalog, orders
	Reindex    *ReindexStatus // the running one, or the last; nil if none was
	SetAside   string         // what was found damaged at start and moved aside
}

// SourceStatus is one source's progress.
type SourceStatus struct {
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

// ReindexStatus is the progress of one rebuild.
type ReindexStatus struct {
	Kind       string // "reindex", "rollback"
	State      string // "running", "done", "failed", "stopped", "refused"
	Generation uint64
	Phase      string // "snapshot", "compacting", "catching-up", "swap"
	Done       int64
	Total      int64
	Rate       float64 // documents a second
	Left       time.Duration
	StartedAt  time.Time
	EndedAt    time.Time
	Error      string
}

// DeadLetter is a change that could not be applied.
type DeadLetter struct {
	Source   string
	ID       string // product id, or row key
	Reason   string
	Position string
	At       time.Time
	Attempts int
}

// Token is a consistency token: what a reader demands to see, or has seen.
type Token struct {
	CatalogT, CatalogI uint32 // MongoDB cluster time; zero demands nothing
	OrdersLSN          uint64 // Postgres LSN; zero demands nothing
}
