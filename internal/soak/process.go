package soak

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"syscall"
	"time"

	"github.com/aisle-search/aisle/internal/client"
	"github.com/aisle-search/aisle/internal/process"
)

// points are where a node can be told to kill itself.
var points = []string{
	"catalog-before-commit", "catalog-after-commit", "orders-before-apply", "orders-after-apply",
	"orders-snapshot-batch", "orders-before-snapshot-finish",
	"rebuild-snapshot-batch", "rebuild-after-snapshot", "rebuild-before-swap", "rebuild-after-swap",
}

// pointTime is how long a node may take to come to its point.
const pointTime = 10 * time.Second

func (r *run) killed(ctx context.Context, n *node) error {
	n.kill()
	r.count(func(p *Report) { p.Kills++ })
	if err := r.rest(ctx, 1, 1000); err != nil {
		return err
	}
	return r.start(ctx, n, "")
}

func (r *run) faultKill(ctx context.Context, n *node) error { return r.killed(ctx, n) }

// faultFailpoint restarts a node that kills itself at a point.
func (r *run) faultFailpoint(ctx context.Context, n *node) error {
	point := fmt.Sprintf("%s=%d", points[r.rng.IntN(len(points))], 1+r.rng.IntN(3))
	r.say("  at %s", point)
	n.kill()
	err := r.start(ctx, n, point)
	if err != nil && !errors.Is(err, process.ErrEnded) {
		return err
	}
	if err == nil {
		// It may die at any moment from now on, so nothing is asked of it. Some points
		// are reached by rebuilds only.
		n.leave()
		_, _ = r.client(n).Call(ctx, http.MethodPost, client.ReindexPath, nil, nil) // it may be dead
		timer := time.NewTimer(pointTime)
		defer timer.Stop()
		select {
		case <-n.server.Ended():
		case <-timer.C: // it is not on this node's way; killed like any other
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return r.killed(ctx, n)
}

// faultPause stops a process, as a machine that is starved or moved does.
func (r *run) faultPause(ctx context.Context, n *node) error {
	if err := n.server.Signal(syscall.SIGSTOP); err != nil {
		return err
	}
	err := r.rest(ctx, 300, 12_000) // beyond the lease's time, too
	return errors.Join(err, n.server.Signal(syscall.SIGCONT))
}

// faultTerm ends a node in order; it must do so by itself, and well.
func (r *run) faultTerm(ctx context.Context, n *node) error {
	n.leave()
	bounded, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	state, err := n.server.Stop(bounded)
	switch {
	case err == nil && !state.Success():
		r.violate("%s ends with %s when told to end", n.name, state)
	case err != nil && bounded.Err() != nil && ctx.Err() == nil:
		r.violate("%s does not end when told to", n.name)
		n.kill()
	case err != nil:
		return err
	}
	return r.start(ctx, n, "")
}

func (r *run) faultReindex(ctx context.Context, n *node) error {
	status, err := r.client(n).Call(ctx, http.MethodPost, client.ReindexPath, nil, nil)
	if err == nil && status >= 300 && status != http.StatusConflict {
		err = fmt.Errorf("status %d", status)
	}
	if err != nil {
		return err
	}
	return r.awaitReindex(ctx, n)
}

func (r *run) awaitReindex(ctx context.Context, n *node) error {
	ended, err := r.await(ctx, func() (bool, error) {
		var s client.Rebuild
		if err := r.client(n).Get(ctx, client.ReindexPath, nil, &s); err != nil {
			return false, fmt.Errorf("follow reindex: %w", err)
		}
		switch s.State {
		case "running", "waiting":
			return false, nil
		case "done":
		default:
			r.violate("reindex on %s: %s, %s", n.name, s.State, s.Error)
		}
		return true, nil
	})
	if err == nil && !ended {
		r.violate("reindex on %s does not end", n.name)
	}
	return err
}

func (r *run) faultReindexKill(ctx context.Context, n *node) error {
	if _, err := r.client(n).Call(ctx, http.MethodPost, client.ReindexPath, nil, nil); err != nil {
		return err
	}
	if err := r.rest(ctx, 1, 1500); err != nil {
		return err
	}
	return r.killed(ctx, n)
}
