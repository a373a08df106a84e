package soak

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"syscall"
	"time"
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
	if err != nil && !errors.Is(err, errEnded) {
		return err
	}
	if err == nil {
		// It may die at any moment from now on, so nothing is asked of it. Some points
		// are reached by rebuilds only.
		url, _, _ := n.now()
		n.leave()
		_, _ = r.call(ctx, http.MethodPost, url+"/v1/admin/reindex", nil, nil) // it may be dead
		timer := time.NewTimer(pointTime)
		defer timer.Stop()
		select {
		case <-n.ended:
		case <-timer.C: // it is not on this node's way; killed like any other
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return r.killed(ctx, n)
}

// faultPause stops a process, as a machine that is starved or moved does.
func (r *run) faultPause(ctx context.Context, n *node) error {
	if err := n.signal(syscall.SIGSTOP); err != nil {
		return err
	}
	err := r.rest(ctx, 300, 12_000) // beyond the lease's time, too
	return errors.Join(err, n.signal(syscall.SIGCONT))
}

// faultTerm ends a node in order; it must do so by itself, and well.
func (r *run) faultTerm(ctx context.Context, n *node) error {
	n.leave()
	if err := n.signal(syscall.SIGTERM); err != nil {
		return err
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-n.ended:
	case <-timer.C:
		r.violate("%s does not end when told to", n.name)
		n.kill()
	case <-ctx.Done():
		return ctx.Err()
	}
	if code := n.cmd.ProcessState.ExitCode(); code != 0 {
		r.violate("%s ends with %s when told to end", n.name, n.cmd.ProcessState)
	}
	return r.start(ctx, n, "")
}

func (r *run) faultReindex(ctx context.Context, n *node) error {
	url, _, _ := n.now()
	code, err := r.call(ctx, http.MethodPost, url+"/v1/admin/reindex", nil, nil)
	if err == nil && code >= 300 && code != http.StatusConflict {
		err = fmt.Errorf("status %d", code)
	}
	if err != nil {
		return err
	}
	return r.awaitReindex(ctx, n)
}

func (r *run) awaitReindex(ctx context.Context, n *node) error {
	for end := time.Now().Add(patience); ; {
		var s struct {
			State string `json:"state"`
			Error string `json:"error"`
		}
		url, _, _ := n.now()
		code, err := r.get(ctx, url+"/v1/admin/reindex", &s)
		if err != nil || code >= 300 {
			return fmt.Errorf("follow reindex: status %d, %w", code, err)
		}
		switch s.State {
		case "running", "waiting":
		case "done":
			return nil
		default:
			r.violate("reindex on %s: %s, %s", n.name, s.State, s.Error)
			return nil
		}
		if time.Now().After(end) {
			r.violate("reindex on %s does not end", n.name)
			return nil
		}
		if err := r.rest(ctx, 50, 100); err != nil {
			return err
		}
	}
}

func (r *run) faultReindexKill(ctx context.Context, n *node) error {
	url, _, _ := n.now()
	if _, err := r.call(ctx, http.MethodPost, url+"/v1/admin/reindex", nil, nil); err != nil {
		return err
	}
	if err := r.rest(ctx, 1, 1500); err != nil {
		return err
	}
	return r.killed(ctx, n)
}
