package progress

import "time"

// States of a Reindex.
const (
	Running = "running"
	Done    = "done"
	Failed  = "failed"
	Stopped = "stopped"
	Refused = "refused"
)

// Phases of a Reindex.
const (
	PhaseSnapshot = "snapshot"
	PhaseCompact  = "compacting"
	PhaseCatchUp  = "catching-up"
	PhaseSwap     = "swap"
)

// Kinds of a Reindex.
const (
	KindReindex  = "reindex"
	KindRollback = "rollback"
)

// Reindex is the progress of one rebuild.
type Reindex struct {
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
