package acceptance

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/aisle-search/aisle/internal/client"
	"github.com/aisle-search/aisle/internal/poll"
	"github.com/aisle-search/aisle/internal/process"
)

// server is a running aisle serve.
type server struct {
	*process.Server
	client.Client
	log *process.Output
	// alarmed: what is done to it may be logged as an error.
	alarmed bool
}

// start runs aisle serve on a free port. It listens when start returns; an index
// may not serve yet.
func (s *testShop) start(t *testing.T) *server {
	t.Helper()
	return startServer(t, s.command("serve", "--listen", "127.0.0.1:0"))
}

// startServer runs a command that is aisle serve.
func startServer(t *testing.T, cmd *exec.Cmd) *server {
	t.Helper()
	v := &server{log: &process.Output{}, Client: client.Client{HTTP: client.Pool(32, time.Minute)}}
	var err error
	if v.Server, err = process.Start(cmd, v.log); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { v.finish(t) })
	ctx, cancel := context.WithTimeout(t.Context(), poll.Patience)
	defer cancel()
	if v.Address, err = v.Listens(ctx); err != nil {
		t.Fatalf("%v\n%s", err, v.log)
	}
	return v
}

// finish ends the server and looks at its log.
func (v *server) finish(t *testing.T) {
	t.Helper()
	if !v.HasEnded() && t.Failed() { // of those that a test starts, the last one matters
		t.Logf("the server's log ends:\n%s", v.lastLines(30))
	}
	v.Kill()
	v.HTTP.CloseIdleConnections()
	alarms := v.Alarms()
	for line := range strings.Lines(v.log.String()) {
		if strings.Contains(line, "level=ERROR") && !v.alarmed {
			alarms = append(alarms, line)
		}
	}
	for _, line := range alarms {
		t.Errorf("the server's log says %s", line)
	}
}

// startReady waits for an index, too, and for the end of the rebuild that made it.
func (s *testShop) startReady(t *testing.T) *server {
	t.Helper()
	v := s.start(t)
	v.waitReady(t)
	v.idle(t)
	return v
}

// idle waits until no rebuild is under way: one that serves already may not have ended.
func (v *server) idle(t *testing.T) {
	t.Helper()
	poll.Eventually(t, "no rebuild is under way", func() bool {
		r := v.status(t).Reindex
		return r == nil || r.State != "running"
	})
}

func (v *server) waitReady(t *testing.T) {
	t.Helper()
	poll.Eventually(t, "the server is ready", func() bool {
		code, _ := v.get("/readyz", nil)
		return code == http.StatusOK
	})
}

// lastLines are the log's last lines but those of requests that went well.
func (v *server) lastLines(n int) string {
	var lines []string
	for line := range strings.Lines(v.log.String()) {
		if !strings.Contains(line, "level=INFO msg=request") {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines[max(0, len(lines)-n):], "")
}

// stop asks the process to end in order and returns its exit code.
func (v *server) stop(t *testing.T) int {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), poll.Patience)
	defer cancel()
	state, err := v.Stop(ctx)
	if err != nil {
		t.Fatalf("%v\n%s", err, v.lastLines(30))
	}
	return state.ExitCode()
}

// get asks for a path and decodes a good answer.
func (v *server) get(path string, into any) (code int, err error) {
	return v.call(http.MethodGet, path, nil, nil, into)
}

// call sends a request; header entries come in pairs.
func (v *server) call(method, path string, header []string, body any, into any) (int, error) {
	return v.Call(context.Background(), method, path, body, into, header...)
}

func (v *server) send(method, path string, header []string, body any) (*http.Response, error) {
	return v.Send(context.Background(), method, path, body, header...)
}

// write makes a write and returns the token that covers it and the writes before
// it, whose token is given.
func (v *server) write(t *testing.T, method, path, token string, header []string, body any) string {
	t.Helper()
	if token != "" {
		header = append(header, "Aisle-Consistency", token)
	}
	answer, err := v.send(method, path, header, body)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	content, _ := io.ReadAll(answer.Body) // shown if the status is wrong
	written := answer.Header.Get("Aisle-Consistency")
	if answer.StatusCode >= 300 || written == "" {
		t.Fatalf("%s %s: got %d, token %q: %s", method, path, answer.StatusCode, written, content)
	}
	return written
}

type page = client.Page[client.Fields]

// search asks for a page. Parameters come in pairs.
func (v *server) search(params ...string) (p page, err error) {
	query := url.Values{}
	for i := 0; i+1 < len(params); i += 2 {
		query.Add(params[i], params[i+1])
	}
	if err = v.Get(context.Background(), client.SearchPath, query, &p); err != nil {
		err = fmt.Errorf("search %s: %w", query.Encode(), err)
	}
	return p, err
}

func (v *server) status(t *testing.T) client.Status {
	t.Helper()
	s, err := v.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s
}
