package freshness

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/time/rate"
)

// Source is one database whose changes are measured.
type Source struct {
	Name string
	// Write commits one change of a product and returns once it is committed.
	Write func(ctx context.Context, id string) error
}

// Config is what is measured, and how hard.
type Config struct {
	// IDs are the products that are changed.
	IDs     []string
	Sources []Source
	// Poll runs one search and returns, by product and then by source name, the
	// value that the search shows. It is called by one goroutine.
	Poll func(ctx context.Context) (map[string]map[string]string, error)
	// PollEvery is the pause between polls; it bounds how exact the result is.
	PollEvery time.Duration
	// Rate is how many changes a second are written, over all sources.
	Rate     float64
	Duration time.Duration
	// Writers is how many changes may be on their way to a database at once.
	Writers int
	// Search runs one search as shoppers do; nil for none. Searchers goroutines
	// run SearchRate of them a second together.
	Search     func(ctx context.Context) error
	Searchers  int
	SearchRate float64
	// Patience is how long a change may stay unseen before it counts as lost.
	Patience time.Duration
	Now      func() time.Time
}

// change is a write that has not been seen yet.
type change struct {
	sent      time.Time
	committed time.Time // zero while the write is under way
	seen      time.Time // zero until seen
}

// source is a Source with what is in flight.
type source struct {
	Source
	free     chan string // products without a change in flight
	values   map[string]string
	inFlight map[string]*change
	result   SourceResult
}

// meter is one measurement.
type meter struct {
	Config
	mu      sync.Mutex // guards everything in sources but the channels
	sources []*source
	limiter *rate.Limiter
	search  searchResult
}

// Measure writes for the configured time, waits for what is in flight, and
// reports. An error of a write, a poll or a search ends it.
func Measure(ctx context.Context, c Config) (*Report, error) {
	m := &meter{Config: c, limiter: rate.NewLimiter(rate.Limit(c.Rate), 1)}
	first, err := c.Poll(ctx)
	if err != nil {
		return nil, fmt.Errorf("poll search: %w", err)
	}
	for _, s := range c.Sources {
		m.sources = append(m.sources, m.newSource(s, first))
	}
	begun := c.Now()
	var pollers errgroup.Group
	timed, cancelWork := context.WithTimeout(ctx, c.Duration)
	defer cancelWork()
	workers, workCtx := errgroup.WithContext(timed)
	pollCtx, cancelPoll := context.WithCancel(ctx)
	defer cancelPoll()
	pollers.Go(func() error { return m.poll(pollCtx, cancelWork) })
	for i := range c.Writers {
		workers.Go(func() error { return m.write(workCtx, i) })
	}
	if c.Search != nil {
		pace := rate.NewLimiter(rate.Limit(c.SearchRate), 1)
		for range c.Searchers {
			workers.Go(func() error { return m.shop(workCtx, pace) })
		}
	}
	err = workers.Wait()
	took := c.Now().Sub(begun)
	if err == nil {
		err = m.settle(ctx)
	}
	cancelPoll()
	if perr := pollers.Wait(); perr != nil || err != nil {
		return nil, errors.Join(err, perr)
	}
	return m.report(took), ctx.Err()
}

func (m *meter) newSource(s Source, first map[string]map[string]string) *source {
	out := &source{
		Source: s, free: make(chan string, len(m.IDs)),
		values: map[string]string{}, inFlight: map[string]*change{},
		result: SourceResult{Name: s.Name},
	}
	for _, id := range m.IDs {
		out.free <- id
		out.values[id] = first[id][s.Name]
	}
	return out
}

// write commits changes at the common rate, to the sources in turn, until the
// time is over. A write that was begun is finished.
func (m *meter) write(ctx context.Context, turn int) error {
	for ; m.limiter.Wait(ctx) == nil; turn++ {
		s := m.sources[turn%len(m.sources)]
		select {
		case <-ctx.Done():
			return nil
		case id := <-s.free:
			if err := m.writeOne(context.WithoutCancel(ctx), s, id); err != nil {
				return fmt.Errorf("write to %s: %w", s.Name, err)
			}
		}
	}
	return nil
}

func (m *meter) writeOne(ctx context.Context, s *source, id string) error {
	ctx, cancel := context.WithTimeout(ctx, m.Patience)
	defer cancel()
	c := &change{sent: m.Now()}
	m.mu.Lock()
	s.inFlight[id] = c
	m.mu.Unlock()
	if err := s.Write(ctx, id); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	c.committed = m.Now()
	if !c.seen.IsZero() {
		s.finish(id, c)
	}
	return nil
}

// finish records a change that is committed and seen. mu is held.
func (s *source) finish(id string, c *change) {
	delete(s.inFlight, id)
	// A search may show a change before its writer has the answer.
	s.result.FromCommit = append(s.result.FromCommit, max(0, c.seen.Sub(c.committed)))
	s.result.FromSend = append(s.result.FromSend, c.seen.Sub(c.sent))
	s.free <- id // has room for every product
}

// poll looks at the search results until ctx ends; a failure stops the workers.
func (m *meter) poll(ctx context.Context, stop context.CancelFunc) error {
	pause := time.NewTicker(m.PollEvery)
	defer pause.Stop()
	for {
		shown, err := m.Poll(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			stop()
			return fmt.Errorf("poll search: %w", err)
		}
		m.observe(shown, m.Now())
		select {
		case <-pause.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// observe finds the changes that an answer shows.
func (m *meter) observe(shown map[string]map[string]string, at time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, s := range m.sources {
		for id, values := range shown {
			value, ok := values[s.Name]
			if !ok || value == s.values[id] {
				continue
			}
			s.values[id] = value
			c := s.inFlight[id]
			if c == nil || !c.seen.IsZero() {
				s.result.Foreign++ // somebody else writes too
				continue
			}
			c.seen = at
			if !c.committed.IsZero() {
				s.finish(id, c)
			}
		}
	}
}

// shop runs searches at a pace until the time is over.
func (m *meter) shop(ctx context.Context, pace *rate.Limiter) error {
	for pace.Wait(ctx) == nil {
		begun := m.Now()
		err := m.Search(context.WithoutCancel(ctx))
		m.search.add(m.Now().Sub(begun))
		if err != nil {
			return fmt.Errorf("search: %w", err)
		}
	}
	return nil
}

// settle waits until everything in flight was seen, for the patience at most.
func (m *meter) settle(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, m.Patience)
	defer cancel()
	tick := time.NewTicker(m.PollEvery)
	defer tick.Stop()
	for m.pending() > 0 {
		select {
		case <-tick.C:
		case <-ctx.Done():
			m.lose()
			return nil
		}
	}
	return nil
}

func (m *meter) pending() (n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, s := range m.sources {
		n += len(s.inFlight)
	}
	return n
}

// lose counts what was never seen.
func (m *meter) lose() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, s := range m.sources {
		s.result.Lost += len(s.inFlight)
	}
}
