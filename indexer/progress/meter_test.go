package progress

import (
	"errors"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"
)

// clock stands still until it is moved.
type clock struct{ at time.Time }

func stoppedClock(at time.Time) *clock { return &clock{at: at} }

func (c *clock) now() time.Time { return c.at }

func (c *clock) move(d time.Duration) { c.at = c.at.Add(d) }

var silent = slog.New(slog.NewTextHandler(io.Discard, nil))

// The lag is the age of what waits; it grows while a source is stuck or away,
// rests at zero while it says often enough that nothing is missing, and is never
// negative.
func TestLag(t *testing.T) {
	t.Parallel()
	c := stoppedClock(time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC))
	p := NewMeter("catalog", c.now, silent)
	want := func(what string, lag time.Duration, state State) {
		t.Helper()
		if s := p.Status(); s.Lag != lag || s.State != state {
			t.Errorf("%s: got lag %v, %s, want %v, %s", what, s.Lag, s.State, lag, state)
		}
	}
	c.move(time.Second)
	want("not yet connected", time.Second, StateStreaming)
	p.Open("1.1")
	p.Heard()
	want("connected", 0, StateStreaming)
	c.move(Quiet)
	want("silent for as long as is usual", 0, StateStreaming)
	c.move(time.Second)
	want("silent for longer", Quiet+time.Second, StateCatchingUp)
	p.NothingMissing()
	want("asked, and nothing is missing", 0, StateStreaming)
	p.Received(c.now().Add(-2 * time.Second))
	p.Received(c.now().Add(2 * time.Minute))
	want("a change of two seconds ago", 2*time.Second, StateStreaming)
	c.move(10 * time.Second)
	p.NothingMissing()
	want("and it is stuck", 12*time.Second, StateCatchingUp)
	p.Done(1, "1.2")
	want("by a clock that is ahead", 10*time.Second, StateCatchingUp)
	p.Cut()
	want("the session ends", 10*time.Second, StateCatchingUp)
	p.Open("1.2")
	p.Heard()
	want("it has not come again", 10*time.Second, StateCatchingUp)
	p.Received(c.now())
	p.Done(1, "1.3")
	want("it has", 0, StateStreaming)
	if s := p.Status(); s.Position != "1.3" || s.Applied != 2 || s.Pending != 0 {
		t.Errorf("got %+v", s)
	}
}

// A source that fails is broken after some Patience, or at once where somebody
// has to act, until it is heard again.
func TestBroken(t *testing.T) {
	t.Parallel()
	c := stoppedClock(time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC))
	p := NewMeter("catalog", c.now, silent)
	why := errors.New("no route")
	p.Fail(why, false)
	if s := p.Status(); s.State == StateBroken {
		t.Errorf("after one failure: got %+v", s)
	}
	c.move(Patience + 1)
	p.Fail(why, false)
	if s := p.Status(); s.State != StateBroken || s.Reason != "no route"+triedAgain {
		t.Errorf("after many: got %+v", s)
	}
	p.Heard()
	if s := p.Status(); s.State != StateBroken {
		t.Errorf("heard, and nothing applied: got %+v", s)
	}
	p.Done(0, "1.2")
	if s := p.Status(); s.State != StateStreaming || s.Reason != "" {
		t.Errorf("applied again: got %+v", s)
	}
	p.Fail(nil, true)
	if s := p.Status(); s.State != StateBroken || s.Reason != errSessionEnded.Error() {
		t.Errorf("somebody must act: got %+v", s)
	}
}

// A source that was silent, and whose next session has not come to anything, stays
// broken meanwhile.
func TestBrokenBetweenSessions(t *testing.T) {
	t.Parallel()
	c := stoppedClock(time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC))
	p := NewMeter("catalog", c.now, silent)
	p.Open("1.1")
	p.Heard()
	c.move(stuckAfter + time.Second)
	broken := func(what string) {
		t.Helper()
		if s := p.Status(); s.State != StateBroken || s.Reason == "" {
			t.Errorf("%s: got %+v", what, s)
		}
	}
	broken("silent")
	p.Cut()
	p.Fail(errors.New("no answer"), false)
	broken("given up")
	c.move(time.Second)
	broken("the next one hangs")
	p.Open("1.1")
	p.Done(0, "1.2")
	p.Heard()
	if s := p.Status(); s.State != StateStreaming || s.Reason != "" || !s.Connected || s.Lag != 0 {
		t.Errorf("well again: got %+v", s)
	}
}

// A source that is connected and stuck is neither idle nor catching up: it is broken
// and says why, and is well again when something is applied.
func TestStuck(t *testing.T) {
	t.Parallel()
	c := stoppedClock(time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC))
	p := NewMeter("catalog", c.now, silent)
	want := func(what string, state State, reason string) {
		t.Helper()
		s := p.Status()
		if s.State != state || (s.Reason == "") != (reason == "") || !strings.Contains(s.Reason, reason) {
			t.Errorf("%s: got %s, %q, want %s, %q", what, s.State, s.Reason, state, reason)
		}
		if s.Lag < 0 || state == StateBroken && s.Lag < stuckAfter {
			t.Errorf("%s: got a lag of %v", what, s.Lag)
		}
	}
	p.Open("1.1")
	c.move(stuckAfter + time.Second)
	want("never heard", StateBroken, "said nothing")
	p.Heard()
	want("connected", StateStreaming, "")
	c.move(stuckAfter + time.Second)
	want("silent", StateBroken, "said nothing")
	p.NothingMissing()
	want("it answers", StateStreaming, "")
	p.Received(c.now().Add(2 * time.Minute)) // the source's clock is ahead
	c.move(stuckAfter)
	p.Heard()
	want("a change waits", StateCatchingUp, "")
	c.move(time.Second)
	want("for too long, although the source is heard", StateBroken, "none was applied")
	p.Done(1, "1.2")
	want("applied", StateStreaming, "")
	p.Enter(StateSnapshot, "")
	for range 10 {
		c.move(snapshotSilence / 2)
		p.Heard()
		want("everything is read", StateSnapshot, "")
	}
	c.move(snapshotSilence + time.Second)
	want("nothing comes of it", StateBroken, "nothing has come")
	p.Open("1.3")
	p.Done(0, "1.3")
	p.Heard()
	want("read", StateStreaming, "")
}

// The ring keeps the newest samples in order, with rates between them.
func TestHistory(t *testing.T) {
	t.Parallel()
	var h History
	at := time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)
	for i := range samplesKept + 10 {
		h.add(Status{At: at.Add(time.Duration(i) * 2 * time.Second), Sources: []Source{
			{Name: SourceCatalog, Applied: int64(10 * i), Lag: time.Duration(i)}, {Name: SourceOrders, DeadLetters: 1},
		}})
	}
	all := h.All()
	if len(all) != samplesKept || all[0].CatalogLag != 10 || all[samplesKept-1].CatalogLag != samplesKept+9 {
		t.Errorf("got %d samples from %v", len(all), all[0])
	}
	if s := all[5]; s.CatalogRate != 5 || s.OrdersRate != 0 || s.DeadLetters != 1 {
		t.Errorf("sample: got %+v", s)
	}
}
