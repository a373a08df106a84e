package rebuild

import (
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
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
			p := Pace{Waited: NewYieldCounter()}
			p.Now = func() time.Time { return clock }
			p.Load = func() (uint64, bool) {
				looks++
				return map[bool]uint64{true: 1}[tt.searched], looks <= tt.full
			}
			p.Pending = func() bool { return looks <= tt.pending }
			p.Sleep = func(d time.Duration) { clock = clock.Add(d) }
			if err := p.Yield(t.Context(), n, took); err != nil {
				t.Fatal(err)
			}
			if got := clock.Sub(time.Time{}); got < tt.least || got > tt.most {
				t.Errorf("stood back for %v, want %v to %v", got, tt.least, tt.most)
			}
			var counted dto.Metric
			if err := p.Waited.Write(&counted); err != nil {
				t.Fatal(err)
			}
			if got := counted.GetCounter().GetValue(); got != clock.Sub(time.Time{}).Seconds() {
				t.Errorf("counted %v s, want %v", got, clock.Sub(time.Time{}))
			}
		})
	}
}
