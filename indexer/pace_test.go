package indexer

import (
	"sync/atomic"
	"testing"
	"time"
)

// A rebuild stands back for searches and changes, no longer than its floor allows.
func TestPace(t *testing.T) {
	t.Parallel()
	const n, took = 25, 20 * time.Millisecond // the floor allows 80 ms more
	for _, tt := range []struct {
		name          string
		searched      bool
		full, pending int // for how many looks
		least, most   time.Duration
	}{
		{name: "idle"},
		{name: "searched meanwhile", searched: true, least: took, most: took + yieldStep},
		{name: "full for a while", full: 3, least: 3 * yieldStep, most: 3 * yieldStep},
		{name: "changes wait", pending: 4, least: 4 * yieldStep, most: 4 * yieldStep},
		{name: "full for ever", full: 1 << 30, least: 80 * time.Millisecond, most: 80 * time.Millisecond},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var clock time.Time
			looks := 0
			p := pace{waited: newYieldCounter()}
			p.now = func() time.Time { return clock }
			p.load = func() (uint64, bool) {
				looks++
				return map[bool]uint64{true: 1}[tt.searched], looks <= tt.full
			}
			p.pending = func() bool { return looks <= tt.pending }
			p.sleep = func(d time.Duration) { clock = clock.Add(d) }
			if err := p.yield(t.Context(), n, took); err != nil {
				t.Fatal(err)
			}
			if got := clock.Sub(time.Time{}); got < tt.least || got > tt.most {
				t.Errorf("stood back for %v, want %v to %v", got, tt.least, tt.most)
			}
			if got := counted(t, p.waited); got != clock.Sub(time.Time{}).Seconds() {
				t.Errorf("counted %v s, want %v", got, clock.Sub(time.Time{}))
			}
		})
	}
}

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
	r.fill(200)
	r.settle()
	before := counted(t, r.p.x.yields)
	if s := r.reindexed(false); s.State != reindexDone {
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
