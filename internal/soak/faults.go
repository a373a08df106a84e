package soak

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aisle-search/aisle/internal/netfault"
	"github.com/aisle-search/aisle/internal/poll"
)

// fault is one kind of trouble.
type fault struct {
	name   string
	weight int
	do     func(*run, context.Context, *node) error
}

// kinds are all faults. Those that destroy data are rare.
func kinds() []fault {
	return []fault{
		{"kill", 6, (*run).faultKill},
		{"failpoint", 6, (*run).faultFailpoint},
		{"pause", 3, (*run).faultPause},
		{"term", 2, (*run).faultTerm},
		{"cut", 5, (*run).faultCut},
		{"freeze", 3, (*run).faultFreeze},
		{"slow", 3, (*run).faultSlow},
		{"refuse", 3, (*run).faultRefuse},
		{"mongo-restart", 1, (*run).faultMongoRestart},
		{"postgres-restart", 1, (*run).faultPostgresRestart},
		{"reindex", 2, (*run).faultReindex},
		{"reindex-kill", 2, (*run).faultReindexKill},
		{"slot-dropped", 1, (*run).faultSlot},
		{"collection-dropped", 1, (*run).faultDrop},
		{"collection-renamed", 1, (*run).faultRename},
		{"truncate", 1, (*run).faultTruncate},
	}
}

// Faults are the names of all faults.
func Faults() (names []string) {
	for _, f := range kinds() {
		names = append(names, f.name)
	}
	return names
}

// faults makes one fault after another until the time is over and there were enough
// kills.
func (r *run) faults(ctx context.Context) error {
	chosen := kinds()
	if r.config.Faults != nil {
		chosen = slices.DeleteFunc(chosen, func(f fault) bool { return !slices.Contains(r.config.Faults, f.name) })
	}
	var deck []fault
	for _, f := range chosen {
		for range f.weight {
			deck = append(deck, f)
		}
	}
	began := time.Now()
	defer func() { r.count(func(p *Report) { p.Took = time.Since(began) }) }()
	for turn := 0; time.Since(began) < r.config.Duration || r.kills() < r.config.Kills; turn++ {
		if turn%len(deck) == 0 { // every kind comes up before one comes again too often
			r.rng.Shuffle(len(deck), func(i, j int) { deck[i], deck[j] = deck[j], deck[i] })
		}
		if err := r.fault(ctx, deck[turn%len(deck)]); err != nil {
			return err
		}
		if err := r.rest(ctx, 200, 800); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) kills() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.report.Kills
}

// fault makes one, and waits until every node has caught up.
func (r *run) fault(ctx context.Context, f fault) error {
	n := r.nodes[r.rng.IntN(len(r.nodes))]
	r.say("%s on %s", f.name, n.name)
	if err := f.do(r, ctx, n); err != nil {
		return fmt.Errorf("%s on %s: %w", f.name, n.name, err)
	}
	healed := time.Now()
	if err := r.caughtUp(ctx, f.name); err != nil {
		return err
	}
	took := time.Since(healed)
	r.count(func(p *Report) {
		p.Faults[f.name]++
		p.Worst[f.name] = max(p.Worst[f.name], took)
	})
	return nil
}

// rest waits between two numbers of milliseconds.
func (r *run) rest(ctx context.Context, low, high int) error {
	timer := time.NewTimer(time.Duration(low+r.rng.IntN(high-low)) * time.Millisecond)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// await asks until something holds, for the patience. It draws none of the random
// numbers of the faults.
func (r *run) await(ctx context.Context, holds func() (bool, error)) (bool, error) {
	return poll.Until(ctx, patience, pollEvery, holds)
}

// lines are the connections of a node that a fault strikes: one database's or both.
func (r *run) lines(n *node) []*netfault.Proxy {
	return [][]*netfault.Proxy{{n.mongo}, {n.postgres}, {n.mongo, n.postgres}}[r.rng.IntN(3)]
}

// during strikes lines for a while.
func (r *run) during(ctx context.Context, n *node, low, high int, strike func(*netfault.Proxy)) error {
	lines := r.lines(n)
	for _, p := range lines {
		strike(p)
		defer p.Heal()
	}
	return r.rest(ctx, low, high)
}

func (r *run) faultCut(ctx context.Context, n *node) error {
	for range 1 + r.rng.IntN(4) {
		for _, p := range r.lines(n) {
			p.Cut()
		}
		if err := r.rest(ctx, 10, 300); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) faultFreeze(ctx context.Context, n *node) error {
	return r.during(ctx, n, 500, 8000, (*netfault.Proxy).Freeze)
}

func (r *run) faultSlow(ctx context.Context, n *node) error {
	latency := time.Duration(5+r.rng.IntN(100)) * time.Millisecond
	return r.during(ctx, n, 1000, 4000, func(p *netfault.Proxy) { p.Slow(latency, 64<<10) })
}

func (r *run) faultRefuse(ctx context.Context, n *node) error {
	return r.during(ctx, n, 200, 4000, (*netfault.Proxy).Refuse)
}
