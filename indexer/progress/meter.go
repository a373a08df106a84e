package progress

import (
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// Quiet is how long a connected source may say nothing before its lag grows. It
// is asked every few seconds whether there is anything to say.
const Quiet = 5 * time.Second

// settled is how long a session has to last before an answer to such a question
// counts as hearing from it.
const settled = time.Second

// streamingLag is the lag up to which a source counts as up to date.
const streamingLag = 3 * time.Second

// Patience is how long a source may fail before it counts as broken.
const Patience = 5 * time.Second

// triedAgain ends the reason of a fault that may pass.
const triedAgain = "; it is tried again by itself, at least every 10 s"

// stuckAfter is how long a session may say nothing at all, or a received
// change wait while nothing is applied, before the source counts as broken. Even an
// idle server is heard more often.
const stuckAfter = 15 * time.Second

// snapshotSilence is how long nothing may come while everything is read anew before the
// source counts as broken. It may rightly take a while until the first row does.
const snapshotSilence = 30 * time.Second

// Meter is what is known of one source: state, lag and counts. Its methods
// may be called from several goroutines.
type Meter struct {
	name string
	now  func() time.Time
	log  *slog.Logger

	mu        sync.Mutex // guards what follows
	phase     State      // snapshot, streaming or broken; catching-up is derived
	reason    string
	connected bool
	entered   time.Time   // when the phase began
	opened    time.Time   // when the session began; zero while there is none
	failing   time.Time   // since when sessions fail; zero if they do not
	why       string      // of the last one that did
	contact   time.Time   // when the source was last heard
	sound     time.Time   // when something was last applied, or nothing was missing
	arrived   time.Time   // when a change came in while none waited
	pending   []time.Time // since when each received change waits, oldest first
	carried   time.Time   // the oldest change of a session that was cut short
	position  string
	applied   int64
	behind    int64
	retained  int64
}

// errSessionEnded: a source's stream ended without saying why.
var errSessionEnded = errors.New("the stream ended")

// NewMeter makes the meter of a source that nothing is known of.
func NewMeter(name string, now func() time.Time, log *slog.Logger) *Meter {
	return &Meter{name: name, now: now, log: log.With("source", name), phase: StateStreaming, contact: now()}
}

// Now is the time by the meter's clock.
func (p *Meter) Now() time.Time { return p.now() }

// Heard notes a message that carries no change.
func (p *Meter) Heard() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.contactLocked()
}

// Open notes that a session begins at a position.
func (p *Meter) Open(position string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.opened, p.position = p.now(), position
	if p.phase == StateSnapshot {
		p.phase = StateStreaming
	}
}

// NothingMissing notes that the source, asked by another way, holds nothing that
// was not applied. It counts only while a session would bring what comes next.
func (p *Meter) NothingMissing() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.opened.IsZero() && p.now().Sub(p.opened) >= settled && len(p.pending) == 0 {
		p.carried = time.Time{}
		p.contactLocked()
		p.soundLocked()
	}
}

// Received notes a change that now waits to be applied. The source's clock may
// be ahead, so a change waits at least since it was received.
func (p *Meter) Received(committed time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.contactLocked()
	since := p.now()
	if !committed.IsZero() && committed.Before(since) {
		since = committed
	}
	if len(p.pending) == 0 {
		p.arrived = p.now()
	}
	p.pending = append(p.pending, since)
}

func (p *Meter) contactLocked() { p.contact, p.connected = p.now(), true }

// soundLocked: a source whose changes are applied is neither broken nor failing.
// To be heard is not enough, since the fault may be on this side.
func (p *Meter) soundLocked() {
	p.sound = p.now()
	if p.phase == StateBroken {
		p.phase, p.reason = StateStreaming, ""
	}
	if !p.failing.IsZero() {
		p.log.Info("source is followed again", "after", p.sound.Sub(p.failing))
		p.failing = time.Time{}
	}
}

// SoundAfter says whether all was well after an instant.
func (p *Meter) SoundAfter(at time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.sound.After(at)
}

// Waiting says whether a change is received and not applied.
func (p *Meter) Waiting() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.pending) > 0
}

// Fail notes that a session has failed. Only the first failure of a row is
// logged. After some patience the source counts as broken; one that stays so
// until somebody does something, at once.
func (p *Meter) Fail(err error, stays bool) {
	if err == nil {
		err = errSessionEnded
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.failing.IsZero() {
		p.failing = p.now()
		p.log.Warn("source cannot be followed", "error", err)
	}
	p.why = err.Error()
	if !stays {
		p.why += triedAgain
	}
	if stays || p.failingTooLongLocked() {
		p.phase, p.reason = StateBroken, p.why
	}
}

// failingTooLongLocked says whether sessions have failed for longer than a source may
// fail. The first may have been silent for long before it failed.
func (p *Meter) failingTooLongLocked() bool {
	if p.failing.IsZero() {
		return false
	}
	since := p.failing
	if p.contact.Before(since) {
		since = p.contact
	}
	return p.now().Sub(since) > Patience
}

// Done notes that the oldest n changes are applied, and how far that is.
func (p *Meter) Done(n int, position string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	n = min(n, len(p.pending))
	p.pending = append(p.pending[:0], p.pending[n:]...)
	p.applied += int64(n)
	p.carried = time.Time{} // it came again before anything later
	p.soundLocked()
	if position != "" {
		p.position = position
	}
}

// Cut notes that a session has ended: what it had received and not applied will
// come again.
func (p *Meter) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.connected, p.opened = false, time.Time{}
	if len(p.pending) > 0 && (p.carried.IsZero() || p.pending[0].Before(p.carried)) {
		p.carried = p.pending[0]
	}
	p.pending = p.pending[:0]
}

// Enter sets what the source is doing; reason is for StateBroken.
func (p *Meter) Enter(phase State, reason string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.phase != phase {
		p.entered = p.now()
	}
	p.phase, p.reason = phase, reason
}

// Since sets from when an unheard source lags, if it was not heard later.
func (p *Meter) Since(at time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !at.IsZero() && !p.connected && at.Before(p.contact) {
		p.contact = at
	}
}

// WAL notes what the source says about its log, in bytes.
func (p *Meter) WAL(behind, retained int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.behind, p.retained = behind, retained
}

// Status is the source as it is now.
func (p *Meter) Status() Source {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := Source{
		Name: p.name, State: p.phase, Reason: p.reason, Position: p.position, Lag: p.lagLocked(),
		Pending: int64(len(p.pending)), Behind: p.behind, RetainedWAL: p.retained, Applied: p.applied,
	}
	s.Connected = p.connected
	if s.State == StateBroken {
		return s
	}
	now := p.now()
	switch {
	case p.failingTooLongLocked():
		s.State, s.Reason = StateBroken, p.why
	case s.State == StateSnapshot:
		quiet := now.Sub(p.contact)
		if p.entered.After(p.contact) {
			quiet = now.Sub(p.entered)
		}
		if quiet > snapshotSilence {
			s.State, s.Reason = StateBroken, fmt.Sprintf("everything is to be read, but nothing has come for %v; the server does not answer, a long transaction there holds it up, or what was read cannot be kept: see the log and the server's sessions", quiet.Round(time.Second))
		}
	case !p.opened.IsZero() && now.Sub(p.heardLocked()) > stuckAfter:
		s.State, s.Reason = StateBroken, fmt.Sprintf("the server has said nothing for %v; if it does not answer soon, the connection is made anew", now.Sub(p.heardLocked()).Round(time.Second))
	case len(p.pending) > 0 && now.Sub(p.movedLocked()) > stuckAfter:
		s.State, s.Reason = StateBroken, fmt.Sprintf("changes are received, but none was applied for %v; the log says why", now.Sub(p.movedLocked()).Round(time.Second))
	case s.Lag > streamingLag:
		s.State = StateCatchingUp
	}
	return s
}

// heardLocked is when the session was last heard or, as long as it was not, began.
func (p *Meter) heardLocked() time.Time {
	if p.opened.After(p.contact) {
		return p.opened
	}
	return p.contact
}

// movedLocked is when something was last applied, or the oldest waiting change was
// received, whichever is later.
func (p *Meter) movedLocked() time.Time {
	if p.arrived.After(p.sound) {
		return p.arrived
	}
	return p.sound
}

// lagLocked is how long the oldest change that is not applied has waited. While
// none is known of, it is zero only if the source says so often enough.
func (p *Meter) lagLocked() time.Duration {
	now := p.now()
	var oldest time.Time
	if len(p.pending) > 0 {
		oldest = p.pending[0]
	}
	if !p.carried.IsZero() && (oldest.IsZero() || p.carried.Before(oldest)) {
		oldest = p.carried
	}
	if oldest.IsZero() && (!p.connected || now.Sub(p.contact) > Quiet) {
		oldest = p.contact
	}
	if oldest.IsZero() {
		return 0
	}
	return max(0, now.Sub(oldest))
}
