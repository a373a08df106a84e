package soak

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// marker is a product that only the soak itself writes.
const marker = "SOAK-MARKER"

// mark writes to both databases, which takes as long as one of them is away, and
// gives the token.
func (r *run) mark(ctx context.Context) (token string, err error) {
	for end := time.Now().Add(patience); ; {
		if token, err = r.tryMark(ctx); err == nil || time.Now().After(end) {
			return token, err
		}
		if err := r.rest(ctx, 50, 100); err != nil {
			return "", err
		}
	}
}

func (r *run) tryMark(ctx context.Context) (token string, err error) {
	client := r.products.Database().Client()
	err = client.UseSession(ctx, func(ctx context.Context) error {
		_, err := r.products.ReplaceOne(ctx, bson.D{{Key: "_id", Value: marker}},
			bson.D{{Key: "name", Value: "Marker of " + bson.NewObjectID().Hex()}, {Key: "status", Value: "published"}},
			options.Replace().SetUpsert(true))
		if err != nil {
			return err
		}
		at := mongo.SessionFromContext(ctx).OperationTime()
		if at == nil {
			return errors.New("MongoDB tells no operation time")
		}
		token = fmt.Sprintf("catalog:%d.%d,orders:", at.T, at.I)
		return nil
	})
	if err != nil {
		return "", err
	}
	_, err = r.sql.Exec(ctx, `INSERT INTO stock (product_id, on_hand) VALUES ($1, 1)
		ON CONFLICT (product_id) DO UPDATE SET on_hand = stock.on_hand + 1`, marker)
	var lsn string
	if err == nil {
		err = r.sql.QueryRow(ctx, `SELECT pg_current_wal_insert_lsn()::text`).Scan(&lsn)
	}
	return token + lsn, err
}

// caughtUp waits until every node has seen what was written until now.
func (r *run) caughtUp(ctx context.Context, after string) error {
	token, err := r.mark(ctx)
	if err != nil {
		return fmt.Errorf("write a mark: %w", err)
	}
	query := url.Values{"q": {marker}, "consistency": {token}, "wait_ms": {"1000"}, "strict": {"true"}}
	for _, n := range r.nodes {
		address, _, _ := n.now()
		for end := time.Now().Add(patience); ; {
			var p page
			code, err := r.get(ctx, address+"/v1/search?"+query.Encode(), &p)
			if err == nil && code == http.StatusOK && !p.Index.Stale {
				n.caughtUp()
				break
			}
			select {
			case <-n.ended:
				return fmt.Errorf("%s has ended by itself after %s: %s", n.name, after, n.cmd.ProcessState)
			default:
			}
			if time.Now().After(end) {
				return fmt.Errorf("%s has not caught up after %s within %s: %s", n.name, after, patience, r.reasons(ctx, n))
			}
			if err := r.rest(ctx, 10, 20); err != nil {
				return err
			}
		}
	}
	return nil
}

// status is what a node says of its sources.
type status struct {
	Sources []struct {
		Name    string `json:"name"`
		State   string `json:"state"`
		Reason  string `json:"reason"`
		Pending int    `json:"pending_events"`
	} `json:"sources"`
}

func (r *run) status(ctx context.Context, n *node) (s status, err error) {
	address, _, _ := n.now()
	code, err := r.get(ctx, address+"/v1/status", &s)
	if err == nil && code != http.StatusOK {
		err = fmt.Errorf("status %d", code)
	}
	return s, err
}

func (r *run) reasons(ctx context.Context, n *node) string {
	s, err := r.status(ctx, n)
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
		if err := r.compare(ctx, n); err != nil {
			return err
		}
	}
	return nil
}

// quiet waits until a node follows both databases and has nothing left to do.
func (r *run) quiet(ctx context.Context, n *node) error {
	for end := time.Now().Add(patience); ; {
		s, err := r.status(ctx, n)
		done := err == nil
		for _, source := range s.Sources {
			done = done && source.State == "streaming" && source.Pending == 0
		}
		if done {
			return nil
		}
		if time.Now().After(end) {
			r.violate("%s does not come to rest: %s", n.name, r.reasons(ctx, n))
			return nil
		}
		if err := r.rest(ctx, 50, 100); err != nil {
			return err
		}
	}
}

// verify lets a node compare itself with its databases.
func (r *run) verify(ctx context.Context, n *node) error {
	var report struct {
		State     string `json:"state"`
		Error     string `json:"error"`
		Products  int64  `json:"products"`
		Unsettled int64  `json:"unsettled"`
		Drift     map[string]struct {
			Count int64    `json:"count"`
			IDs   []string `json:"ids"`
		} `json:"drift"`
	}
	address, _, _ := n.now()
	code, err := r.call(ctx, http.MethodPost, address+"/v1/admin/verify", nil, &report)
	for end := time.Now().Add(patience); err == nil && (code == http.StatusConflict || report.State == "running"); {
		if time.Now().After(end) {
			return fmt.Errorf("comparison on %s does not end", n.name)
		}
		if err := r.rest(ctx, 50, 100); err != nil {
			return err
		}
		code, err = r.get(ctx, address+"/v1/admin/verify", &report)
	}
	if err != nil || code >= 300 || report.State != "done" {
		return fmt.Errorf("compare %s with its databases: status %d, %s %s, %w", n.name, code, report.State, report.Error, err)
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
