package indexer

import (
	"sync/atomic"
	"testing"

	"github.com/aisle-search/aisle/indexer/progress"
)

// busy is a set of generations that searches keep full.
type busy struct {
	generations
	looks atomic.Int64
}

func (b *busy) Load() (uint64, bool) {
	b.looks.Add(1)
	return 0, true
}

// A rebuild that finds searches at their bound for ever gives way, and ends.
func TestRebuildYields(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.put("P1")
	b := &busy{}
	r.start(func(c *Config) {
		c.wrap = func(g generations) generations {
			b.generations = g
			return b
		}
	})
	r.settle()
	r.fill(1000) // so many that standing back is bounded by seconds
	r.settle()
	before := counted(t, r.p.x.yields)
	if s := r.reindexed(false); s.State != progress.Done {
		t.Errorf("got %+v", s)
	}
	if got := counted(t, r.p.x.yields); got <= before {
		t.Errorf("stood back for %v s, want more than %v", got, before)
	}
	if b.looks.Load() < 10 {
		t.Errorf("looked %d times, want more", b.looks.Load())
	}
	r.settle()
}
