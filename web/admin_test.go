package web

import (
	"bufio"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aisle-search/aisle/catalog"
	"github.com/aisle-search/aisle/indexer"
	"github.com/aisle-search/aisle/indexer/progress"
	"github.com/aisle-search/aisle/web/ops"
)

// The status says how far each source is.
func TestStatus(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	body := decodeBody(t, b.do("GET", "/v1/status", ""))
	if body["generation"] != 1.0 || body["documents"] != 10.0 || body["partitions"] != 2.0 || body["ready"] != true {
		t.Errorf("status = %v", body)
	}
	sources := body["sources"].([]any)
	orders := sources[1].(map[string]any)
	if len(sources) != 2 || orders["state"] != "broken" || orders["reason"] != "the slot is gone" || orders["retained_wal_bytes"] != 4096.0 {
		t.Errorf("sources = %v", sources)
	}
	if got := sources[0].(map[string]any)["lag_ms"]; got != 1.5 {
		t.Errorf("lag_ms = %v, want 1.5", got)
	}
	if got := body["reindex"].(map[string]any)["share"]; got != 0.5 {
		t.Errorf("share = %v, want 0.5", got)
	}
	b.indexer.status = progress.Status{At: instant()}
	if got := decodeBody(t, b.do("GET", "/v1/status", ""))["reindex"]; got != nil {
		t.Errorf("reindex = %v, want null", got)
	}
	wantProblem(t, b.do("GET", "/v1/status?x=1", ""), kindInvalidParameter, "x")
}

// Samples have the status' names, counters counted back from now.
func TestStatusHistory(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for i := range 3 {
		b.indexer.samples = append(b.indexer.samples, progress.Sample{
			At: instant().Add(time.Duration(i) * time.Second), CatalogLag: time.Millisecond, CatalogRate: float64(i), Documents: 10, RetainedWAL: 7, ReindexDone: int64(i), ReindexTotal: 4,
		})
	}
	samples := decodeBody(t, b.do("GET", "/v1/status/history", ""))["samples"].([]any)
	var applied []any
	for _, s := range samples {
		applied = append(applied, s.(map[string]any)["sources"].([]any)[0].(map[string]any)["applied_events"])
	}
	if len(applied) != 3 || applied[0] != 17.0 || applied[1] != 18.0 || applied[2] != 20.0 {
		t.Errorf("applied_events = %v, want 17, 18, 20", applied)
	}
	if got := samples[2].(map[string]any)["reindex"].(map[string]any)["share"]; got != 0.5 {
		t.Errorf("share = %v, want 0.5", got)
	}
	after := "/v1/status/history?after=2026-01-02T03:04:06.006Z"
	if got := decodeBody(t, b.do("GET", after, ""))["samples"].([]any); len(got) != 1 {
		t.Errorf("after the second sample there are %d, want 1", len(got))
	}
	wantProblem(t, b.do("GET", "/v1/status/history?after=x", ""), kindInvalidParameter, "after")
}

// The schema tells a page what can be filtered, counted and sorted by.
func TestSchema(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	body := decodeBody(t, b.do("GET", "/v1/schema", ""))
	fields := body["fields"].([]any)
	price := fields[1].(map[string]any)
	if len(fields) != 3 || price["kind"] != "money" || price["currency"] != "EUR" || price["minor_units"] != 2.0 || price["sort"] != true {
		t.Errorf("fields = %v", fields)
	}
	if got := body["profiles"].([]any); len(got) != 1 || got[0] != "default" {
		t.Errorf("profiles = %v", got)
	}
}

// A reindex is begun, looked at and stopped.
func TestReindex(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	wantStatus(t, b.do("POST", "/v1/admin/reindex", ""), http.StatusAccepted)
	wantStatus(t, b.do("GET", "/v1/admin/reindex", ""), http.StatusOK)
	wantStatus(t, b.do("DELETE", "/v1/admin/reindex", ""), http.StatusAccepted)
	wantProblem(t, b.do("POST", "/v1/admin/reindex", "{}"), kindInvalidParameter, "body")
	wantProblem(t, b.do("POST", "/v1/admin/reindex?x=1", ""), kindInvalidParameter, "x")
	wantStatus(t, b.do("POST", "/v1/admin/reindex?force=true", ""), http.StatusAccepted)
	if !b.indexer.forced {
		t.Error("force was not passed on")
	}
	wantProblem(t, b.do("POST", "/v1/admin/reindex?force=maybe", ""), kindInvalidParameter, "force")
	b.indexer.err = indexer.ErrReindexRunning
	wantProblem(t, b.do("POST", "/v1/admin/reindex", ""), kindReindexRunning, "")
	b.indexer.err = indexer.ErrReindexNotRunning
	wantProblem(t, b.do("DELETE", "/v1/admin/reindex", ""), kindReindexIdle, "")
	b.indexer.status.Reindex = nil
	wantProblem(t, b.do("GET", "/v1/admin/reindex", ""), kindNotFound, "")
	wantProblem(t, b.do("GET", "/v1/admin/reindex", "", "Accept", "text/event-stream"), kindNotFound, "")
}

// The previous generation is asked for, and what is on disk is listed.
func TestGenerations(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	wantStatus(t, b.do("POST", "/v1/admin/rollback", ""), http.StatusAccepted)
	wantProblem(t, b.do("POST", "/v1/admin/rollback", "{}"), kindInvalidParameter, "body")
	w := b.do("GET", "/v1/admin/generations", "")
	wantStatus(t, w, http.StatusOK)
	all := decodeBody(t, w)["generations"].([]any)
	if got := all[1].(map[string]any); len(all) != 2 || got["state"] != "refused" || got["reason"] != "worse" || got["bytes"] != 90.0 {
		t.Errorf("got %v", all)
	}
	b.indexer.err = indexer.ErrNoPrevious
	wantProblem(t, b.do("POST", "/v1/admin/rollback", ""), kindNoPrevious, "")
}

// followEvents reads the names of the events of a reindex.
func followEvents(t *testing.T, url string) []string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/v1/admin/reindex", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept", "text/event-stream")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if got := answer.Header.Get("Content-Type"); got != "text/event-stream; charset=utf-8" {
		t.Errorf("Content-Type = %q", got)
	}
	d := openDocument(t)
	var names []string
	for lines := bufio.NewScanner(answer.Body); lines.Scan(); {
		if name, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
			names = append(names, name)
		}
		if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
			if err := d.validate("/components/schemas/Reindex", []byte(data)); err != nil {
				t.Errorf("event %s: %v", data, err)
			}
		}
	}
	return names
}

// Who follows a reindex is told until it ends.
func TestReindexEvents(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	looks := 0
	b.indexer.steps = func() {
		if looks++; looks > 2 {
			done := *b.indexer.status.Reindex
			done.State, done.Done = "done", done.Total
			b.indexer.status.Reindex = &done
		}
	}
	server := httptest.NewServer(b.server)
	defer server.Close()
	names := followEvents(t, server.URL)
	if len(names) != 2 || names[0] != "progress" || names[1] != "done" {
		t.Errorf("events = %v, want progress, done", names)
	}
}

// Too many followers are told that they are; a stopping service ends the streams.
func TestReindexEventsEnd(t *testing.T) {
	t.Parallel()
	if p := problemOf(ops.ErrFollowers); p.kind != kindOverloaded {
		t.Errorf("too many followers: got %v, want %v", p.kind, kindOverloaded)
	}
	b := newBench(t)
	b.server.stopping()
	server := httptest.NewServer(b.server)
	defer server.Close()
	if names := followEvents(t, server.URL); len(names) != 1 {
		t.Errorf("events of a stopping service = %v, want one", names)
	}
}

// Dead letters are listed by pages, shown, tried again and dropped.
func TestDeadLetters(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, id := range []string{"heals", "stays", `""`, "a\x00b", "row\x1fkey"} {
		source := "catalog"
		if strings.Contains(id, "row") {
			source = "orders"
		}
		b.indexer.letters = append(b.indexer.letters, indexer.DeadLetter{Source: source, ID: id, Reason: "price is text", Position: "1.1", At: instant(), Attempts: 2})
	}
	body := decodeBody(t, b.do("GET", "/v1/admin/dead-letters?limit=2", ""))
	if got := body["dead_letters"].([]any); len(got) != 2 || body["more"] != true {
		t.Errorf("first page: %v", body)
	}
	body = decodeBody(t, b.do("GET", "/v1/admin/dead-letters?limit=2&offset=4&source=orders", ""))
	if got := body["dead_letters"].([]any); len(got) != 1 || body["more"] != false {
		t.Errorf("second page: %v", body)
	}
	wantStatus(t, b.do("GET", "/v1/admin/dead-letters/orders/row%1Fkey", ""), http.StatusOK)
	for _, id := range []string{"stays", "%22%22", "a%00b"} {
		wantStatus(t, b.do("DELETE", "/v1/admin/dead-letters/catalog/"+id, ""), http.StatusNoContent)
	}
	replay := decodeBody(t, b.do("POST", "/v1/admin/dead-letters/catalog/stays/replay", ""))
	if replay["applied"] != false || replay["dead_letter"] == nil {
		t.Errorf("replay in vain: %v", replay)
	}
	replay = decodeBody(t, b.do("POST", "/v1/admin/dead-letters/catalog/heals/replay", ""))
	if replay["applied"] != true || replay["dead_letter"] != nil {
		t.Errorf("replay: %v", replay)
	}
	for _, path := range []string{"catalog/gone", "catalog/%00", "catalog/" + strings.Repeat("x", 3000)} {
		wantProblem(t, b.do("GET", "/v1/admin/dead-letters/"+path, ""), kindNotFound, "")
		wantProblem(t, b.do("DELETE", "/v1/admin/dead-letters/"+path, ""), kindNotFound, "")
		wantProblem(t, b.do("POST", "/v1/admin/dead-letters/"+path+"/replay", ""), kindNotFound, "")
	}
	wantProblem(t, b.do("GET", "/v1/admin/dead-letters/elsewhere/x", ""), kindInvalidParameter, "source")
	for query, field := range map[string]string{"source=x": "source", "limit=0": "limit", "limit=201": "limit", "offset=-1": "offset", "page=1": "page"} {
		wantProblem(t, b.do("GET", "/v1/admin/dead-letters?"+query, ""), kindInvalidParameter, field)
	}
}

// Errors of replaying become problems.
func TestReplayErrors(t *testing.T) {
	t.Parallel()
	for err, k := range map[error]kind{
		indexer.ErrNotReplayable: kindNotReplayable, indexer.ErrNotReady: kindNotReady, catalog.ErrUnreachable: kindUnavailable, errors.New("odd"): kindInternal,
	} {
		b := newBench(t)
		b.indexer.err = err
		wantProblem(t, b.do("POST", "/v1/admin/dead-letters/orders/1/replay", ""), k, "")
	}
	b := newBench(t)
	b.indexer.err = errors.New("odd")
	wantProblem(t, b.do("GET", "/v1/admin/dead-letters", ""), kindInternal, "")
}
