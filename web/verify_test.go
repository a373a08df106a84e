package web

import (
	"net/http"
	"testing"
	"time"

	"github.com/aisle-search/aisle/indexer"
	"github.com/aisle-search/aisle/indexer/drift"
)

// A comparison is begun, answered, and looked at.
func TestVerify(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	wantProblem(t, b.do("GET", "/v1/admin/verify", ""), kindNotFound, "")
	b.indexer.report = &drift.Report{
		State: "done", StartedAt: instant(), EndedAt: instant().Add(time.Second), Products: 10, Remaining: 1,
		Drift: map[drift.Kind]drift.Findings{drift.Missing: {Count: 1, IDs: []string{"p1"}}},
	}
	w := b.do("POST", "/v1/admin/verify?repair=true", "")
	wantStatus(t, w, http.StatusOK)
	body := decodeBody(t, w)
	if got := body["drift"].(map[string]any)["missing"].(map[string]any)["count"]; got != 1.0 {
		t.Errorf("missing = %v, want 1", got)
	}
	if got := body["duration_ms"]; got != 1000.0 {
		t.Errorf("duration_ms = %v, want 1000", got)
	}
	wantStatus(t, b.do("GET", "/v1/admin/verify", ""), http.StatusOK)
	wantProblem(t, b.do("POST", "/v1/admin/verify", "{}"), kindInvalidParameter, "body")
	wantProblem(t, b.do("POST", "/v1/admin/verify?repair=yes", ""), kindInvalidParameter, "repair")
	b.indexer.err = indexer.ErrVerifyRunning
	wantProblem(t, b.do("POST", "/v1/admin/verify", ""), kindVerifyRunning, "")
	b.indexer.err = indexer.ErrNotReady
	wantProblem(t, b.do("POST", "/v1/admin/verify", ""), kindNotReady, "")
}
