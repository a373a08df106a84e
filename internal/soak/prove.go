package soak

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/aisle-search/aisle/internal/client"
)

// marker is a product that only the soak itself writes.
const marker = "SOAK-MARKER"

// mark writes to both databases, which takes as long as one of them is away, and
// gives the token.
func (r *run) mark(ctx context.Context) (token string, err error) {
	var last error
	marked, err := r.await(ctx, func() (bool, error) {
		token, last = r.shop.Mark(ctx, marker)
		return last == nil, nil
	})
	if err == nil && !marked {
		err = last
	}
	if err != nil {
		return "", fmt.Errorf("write a mark: %w", err)
	}
	return token, nil
}

// caughtUp waits until every node has seen what was written until now.
func (r *run) caughtUp(ctx context.Context, after string) error {
	token, err := r.mark(ctx)
	if err != nil {
		return err
	}
	query := url.Values{"q": {marker}, "consistency": {token}, "wait_ms": {"1000"}, "strict": {"true"}}
	for _, n := range r.nodes {
		caught, err := r.await(ctx, func() (bool, error) {
			var p page
			if err := r.client(n).Get(ctx, client.SearchPath, query, &p); err == nil && !p.Index.Stale {
				n.caughtUp()
				return true, nil
			}
			if n.server.HasEnded() {
				return false, fmt.Errorf("%s has ended by itself after %s: %s", n.name, after, n.server.State())
			}
			return false, nil
		})
		if err != nil {
			return err
		}
		if !caught {
			return fmt.Errorf("%s has not caught up after %s within %s: %s", n.name, after, patience, r.reasons(ctx, n))
		}
	}
	return nil
}

func (r *run) reasons(ctx context.Context, n *node) string {
	s, err := r.client(n).Status(ctx)
	if err != nil {
		return err.Error()
	}
	var parts []string
	for _, source := range s.Sources {
		parts = append(parts, fmt.Sprintf("%s is %s %s", source.Name, source.State, source.Reason))
	}
	return strings.Join(parts, "; ")
}

// prove compares every node with the databases, now that nobody writes.
func (r *run) prove(ctx context.Context) error {
	if err := r.caughtUp(ctx, "the end"); err != nil {
		return err
	}
	for _, n := range r.nodes {
		if err := r.quiet(ctx, n); err != nil {
			return err
		}
		if err := r.verify(ctx, n); err != nil {
			return err
		}
		switch err := r.compare(ctx, n); {
		case errors.Is(err, client.ErrTwice):
			r.violate("%s: %v", n.name, err)
		case err != nil:
			return err
		}
	}
	return nil
}

// quiet waits until a node follows both databases and has nothing left to do.
func (r *run) quiet(ctx context.Context, n *node) error {
	quiet, err := r.await(ctx, func() (bool, error) {
		s, err := r.client(n).Status(ctx)
		return err == nil && s.Quiet(), nil
	})
	if err == nil && !quiet {
		r.violate("%s does not come to rest: %s", n.name, r.reasons(ctx, n))
	}
	return err
}

// verify lets a node compare itself with its databases.
func (r *run) verify(ctx context.Context, n *node) error {
	var report client.Verification
	method := http.MethodPost
	ended, err := r.await(ctx, func() (bool, error) {
		status, err := r.client(n).Call(ctx, method, client.VerifyPath, nil, &report)
		method = http.MethodGet
		switch {
		case err != nil:
			return false, err
		case status == http.StatusConflict: // one by the clock is under way
			return false, nil
		case status >= 300:
			return false, fmt.Errorf("status %d", status)
		}
		return report.State != "running", nil
	})
	switch {
	case err != nil:
		return fmt.Errorf("compare %s with its databases: %w", n.name, err)
	case !ended:
		return fmt.Errorf("compare %s with its databases: it does not end", n.name)
	case report.State != "done":
		return fmt.Errorf("compare %s with its databases: %s %s", n.name, report.State, report.Error)
	}
	for kind, found := range report.Drift {
		if found.Count > 0 {
			r.violate("%s differs from its databases: %d %s: %v", n.name, found.Count, kind, found.IDs)
		}
	}
	if report.Unsettled > 0 {
		r.violate("%s: %d products are unsettled though nobody writes", n.name, report.Unsettled)
	}
	r.count(func(p *Report) { p.Verified += report.Products })
	return nil
}
