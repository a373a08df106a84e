package indexer

import (
	"errors"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"
)

// clock is a clock that runs on and that a test moves.
type clock struct {
	mu     sync.Mutex
	at     time.Time // where a stopped clock stands
	offset time.Duration
}

// newClock runs on from an instant.
func newClock(at time.Time) *clock { return &clock{offset: time.Until(at)} }

// stoppedClock stands still until it is moved.
func stoppedClock(at time.Time) *clock { return &clock{at: at} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.at.IsZero() {
		return c.at
	}
	return time.Now().Add(c.offset)
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.offset += d
	if !c.at.IsZero() {
		c.at = c.at.Add(d)
	}
}

var silent = slog.New(slog.NewTextHandler(io.Discard, nil))

// The lag is the age of what waits; it grows while a source is stuck or away,
// rests at zero while it says often enough that nothing is missing, and is never
// negative.
func TestLag(t *testing.T) {
	t.Parallel()
	c := stoppedClock(time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC))
	p := newProgress("catalog", c.now, silent)
	want := func(what string, lag time.Duration, state State) {
		t.Helper()
		if s := p.status(); s.Lag != lag || s.State != state {
			t.Errorf("%s: got lag %v, %s, want %v, %s", what, s.Lag, s.State, lag, state)
		}
	}
	c.move(time.Second)
	want("not yet connected", time.Second, StateStreaming)
	p.open("1.1")
	p.heard()
	want("connected", 0, StateStreaming)
	c.move(quiet)
	want("silent for as long as is usual", 0, StateStreaming)
	c.move(time.Second)
	want("silent for longer", quiet+time.Second, StateCatchingUp)
	p.nothingMissing()
	want("asked, and nothing is missing", 0, StateStreaming)
	p.received(c.now().Add(-2 * time.Second))
	p.received(c.now().Add(2 * time.Minute))
	want("a change of two seconds ago", 2*time.Second, StateStreaming)
	c.move(10 * time.Second)
	p.nothingMissing()
	want("and it is stuck", 12*time.Second, StateCatchingUp)
	p.done(1, "1.2")
	want("by a clock that is ahead", 10*time.Second, StateCatchingUp)
	p.cut()
	want("the session ends", 10*time.Second, StateCatchingUp)
	p.open("1.2")
	p.heard()
	want("it has not come again", 10*time.Second, StateCatchingUp)
	p.received(c.now())
	p.done(1, "1.3")
	want("it has", 0, StateStreaming)
	if s := p.status(); s.Position != "1.3" || s.Applied != 2 || s.Pending != 0 {
		t.Errorf("got %+v", s)
	}
}

// A source that fails is broken after some patience, or at once where somebody
// has to act, until it is heard again.
func TestBroken(t *testing.T) {
	t.Parallel()
	c := stoppedClock(time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC))
	p := newProgress("catalog", c.now, silent)
	why := errors.New("no route")
	p.fail(why, false)
	if s := p.status(); s.State == StateBroken {
		t.Errorf("after one failure: got %+v", s)
	}
	c.move(patience + 1)
	p.fail(why, false)
	if s := p.status(); s.State != StateBroken || s.Reason != "no route"+triedAgain {
		t.Errorf("after many: got %+v", s)
	}
	p.heard()
	if s := p.status(); s.State != StateBroken {
		t.Errorf("heard, and nothing applied: got %+v", s)
	}
	p.done(0, "1.2")
	if s := p.status(); s.State != StateStreaming || s.Reason != "" {
		t.Errorf("applied again: got %+v", s)
	}
	p.fail(nil, true)
	if s := p.status(); s.State != StateBroken || s.Reason != errSessionEnded.Error() {
		t.Errorf("somebody must act: got %+v", s)
	}
}

// A source that was silent, and whose next session has not come to anything, stays
// broken meanwhile.
func TestBrokenBetweenSessions(t *testing.T) {
	t.Parallel()
	c := stoppedClock(time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC))
	p := newProgress("catalog", c.now, silent)
	p.open("1.1")
	p.heard()
	c.move(stuckAfter + time.Second)
	broken := func(what string) {
		t.Helper()
		if s := p.status(); s.State != StateBroken || s.Reason == "" {
			t.Errorf("%s: got %+v", what, s)
		}
	}
	broken("silent")
	p.cut()
	p.fail(errors.New("no answer"), false)
	broken("given up")
	c.move(time.Second)
	broken("the next one hangs")
	p.open("1.1")
	p.done(0, "1.2")
	p.heard()
	if s := p.status(); s.State != StateStreaming || s.Reason != "" || !s.Connected || s.Lag != 0 {
		t.Errorf("well again: got %+v", s)
	}
}

// A source that is connected and stuck is neither idle nor catching up: it is broken
// and says why, and is well again when something is applied.
func TestStuck(t *testing.T) {
	t.Parallel()
	c := stoppedClock(time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC))
	p := newProgress("catalog", c.now, silent)
	want := func(what string, state State, reason string) {
		t.Helper()
		s := p.status()
		if s.State != state || (s.Reason == "") != (reason == "") || !strings.Contains(s.Reason, reason) {
			t.Errorf("%s: got %s, %q, want %s, %q", what, s.State, s.Reason, state, reason)
		}
		if s.Lag < 0 || state == StateBroken && s.Lag < stuckAfter {
			t.Errorf("%s: got a lag of %v", what, s.Lag)
		}
	}
	p.open("1.1")
	c.move(stuckAfter + time.Second)
	want("never heard", StateBroken, "said nothing")
	p.heard()
	want("connected", StateStreaming, "")
	c.move(stuckAfter + time.Second)
	want("silent", StateBroken, "said nothing")
	p.nothingMissing()
	want("it answers", StateStreaming, "")
	p.received(c.now().Add(2 * time.Minute)) // the source's clock is ahead
	c.move(stuckAfter)
	p.heard()
	want("a change waits", StateCatchingUp, "")
	c.move(time.Second)
	want("for too long, although the source is heard", StateBroken, "none was applied")
	p.done(1, "1.2")
	want("applied", StateStreaming, "")
	p.enter(StateSnapshot, "")
	for range 10 {
		c.move(snapshotSilence / 2)
		p.heard()
		want("everything is read", StateSnapshot, "")
	}
	c.move(snapshotSilence + time.Second)
	want("nothing comes of it", StateBroken, "nothing has come")
	p.open("1.3")
	p.done(0, "1.3")
	p.heard()
	want("read", StateStreaming, "")
}

// The ring keeps the newest samples in order, with rates between them.
func TestHistory(t *testing.T) {
	t.Parallel()
	var h history
	at := time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)
	for i := range samplesKept + 10 {
		h.add(Status{At: at.Add(time.Duration(i) * 2 * time.Second), Sources: []SourceStatus{
			{Name: SourceCatalog, Applied: int64(10 * i), Lag: time.Duration(i)}, {Name: SourceOrders, DeadLetters: 1},
		}})
	}
	all := h.all()
	if len(all) != samplesKept || all[0].CatalogLag != 10 || all[samplesKept-1].CatalogLag != samplesKept+9 {
		t.Errorf("got %d samples from %v", len(all), all[0])
	}
	if s := all[5]; s.CatalogRate != 5 || s.OrdersRate != 0 || s.DeadLetters != 1 {
		t.Errorf("sample: got %+v", s)
	}
}
