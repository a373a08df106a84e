package snapshot

import (
	"sync/atomic"

	"github.com/blevesearch/bleve/v2/index/scorch"
)

// Partition is an immutable state of a partition with its columns. It
// holds a reference on Bleve's snapshot until the last user releases it.
type Partition struct {
	Bleve    *scorch.IndexSnapshot
	Segments []*Segment
	refs     atomic.Int64
}

// NewPartition takes over Bleve's snapshot, with one reference. Its segments
// are added before it is shown to others.
func NewPartition(bleve *scorch.IndexSnapshot) *Partition {
	s := &Partition{Bleve: bleve}
	s.refs.Store(1)
	return s
}

// Retain takes a reference.
func (s *Partition) Retain() { s.refs.Add(1) }

// Release gives a reference back.
func (s *Partition) Release() {
	if s.refs.Add(-1) == 0 {
		s.Bleve.Close()
	}
}
