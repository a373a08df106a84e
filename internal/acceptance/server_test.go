package acceptance

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// output is a program's output that can be read while it is written.
type output struct {
	mu sync.Mutex // guards b
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// server is a running aisle serve.
type server struct {
	cmd   *exec.Cmd
	log   *output
	url   string
	http  *http.Client
	ended chan struct{} // closed when the process has ended
	// alarmed: what is done to it may be logged as an error.
	alarmed bool
}

var listening = regexp.MustCompile(`msg=listening address=(http://\S+)`)

// alarming are lines that no run should log, whatever is done to it from outside.
var alarming = regexp.MustCompile(`level=ERROR|^panic:|DATA RACE`)

// start runs aisle serve on a free port. It listens when start returns; an index
// may not serve yet.
func (s *shop) start(t *testing.T) *server {
	t.Helper()
	return startServer(t, s.command("serve", "--listen", "127.0.0.1:0"))
}

// startServer runs a command that is aisle serve.
func startServer(t *testing.T, cmd *exec.Cmd) *server {
	t.Helper()
	v := &server{
		cmd: cmd, log: &output{}, ended: make(chan struct{}),
		http: &http.Client{Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: 32}},
	}
	v.cmd.Stderr = v.log
	if err := v.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { // waited for through ended
		_ = v.cmd.Wait()
		close(v.ended)
	}()
	t.Cleanup(func() {
		select {
		case <-v.ended:
		default:
			if t.Failed() { // of those that a test starts, the last one matters
				t.Logf("the server's log ends:\n%s", v.lastLines(30))
			}
		}
		v.kill()
		v.http.CloseIdleConnections()
		for line := range strings.Lines(v.log.String()) {
			if alarming.MatchString(line) && !(v.alarmed && strings.Contains(line, "level=ERROR")) {
				t.Errorf("the server's log says %s", line)
			}
		}
	})
	eventually(t, "the server listens", func() bool {
		select {
		case <-v.ended:
			t.Fatalf("the server ended: %s", v.log)
		default:
		}
		return listening.MatchString(v.log.String())
	})
	v.url = listening.FindStringSubmatch(v.log.String())[1]
	return v
}

// startReady waits for an index, too.
func (s *shop) startReady(t *testing.T) *server {
	t.Helper()
	v := s.start(t)
	v.waitReady(t)
	return v
}

func (v *server) waitReady(t *testing.T) {
	t.Helper()
	eventually(t, "the server is ready", func() bool {
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

// kill ends the process as kill -9 does, and waits for it.
func (v *server) kill() {
	_ = v.cmd.Process.Kill() // it may have ended
	<-v.ended
}

// stop asks the process to end in order and returns its exit code.
func (v *server) stop(t *testing.T) int {
	t.Helper()
	if err := v.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case <-v.ended:
	case <-time.After(patience):
		t.Fatalf("the server has not stopped:\n%s", v.lastLines(30))
	}
	return v.cmd.ProcessState.ExitCode()
}

// get asks for a path and decodes a good answer.
func (v *server) get(path string, into any) (code int, err error) {
	return v.call(http.MethodGet, path, nil, nil, into)
}

// call sends a request; header entries come in pairs.
func (v *server) call(method, path string, header []string, body any, into any) (int, error) {
	answer, err := v.send(method, path, header, body)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	content, err := io.ReadAll(answer.Body)
	if err == nil && into != nil && answer.StatusCode < 300 {
		err = json.Unmarshal(content, into)
	}
	return answer.StatusCode, err
}

func (v *server) send(method, path string, header []string, body any) (*http.Response, error) {
	var content io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		content = bytes.NewReader(b)
	}
	r, err := http.NewRequest(method, v.url+path, content)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return v.http.Do(r)
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

// page is what a search answers.
type page struct {
	Hits []struct {
		ID      string                     `json:"id"`
		Product map[string]json.RawMessage `json:"product"`
	} `json:"hits"`
	Total  int     `json:"total"`
	Next   *string `json:"next"`
	Paging string  `json:"paging"`
	Index  struct {
		Generation uint64 `json:"generation"`
		Stale      bool   `json:"stale"`
	} `json:"index"`
}

// search asks for a page. Parameters come in pairs.
func (v *server) search(params ...string) (p page, err error) {
	query := url.Values{}
	for i := 0; i+1 < len(params); i += 2 {
		query.Add(params[i], params[i+1])
	}
	code, err := v.get("/v1/search?"+query.Encode(), &p)
	if err == nil && code != http.StatusOK {
		err = fmt.Errorf("search %s: status %d", query.Encode(), code)
	}
	return p, err
}

// status is what the server says of itself.
type status struct {
	Generation uint64 `json:"generation"`
	Documents  int    `json:"documents"`
	Sources    []struct {
		Name        string `json:"name"`
		State       string `json:"state"`
		Reason      string `json:"reason"`
		Pending     int    `json:"pending_events"`
		DeadLetters int    `json:"dead_letters"`
	} `json:"sources"`
	Reindex *struct {
		State      string `json:"state"`
		Phase      string `json:"phase"`
		Generation uint64 `json:"generation"`
		Done       int    `json:"done"`
	} `json:"reindex"`
}

func (v *server) status(t *testing.T) (s status) {
	t.Helper()
	if code, err := v.get("/v1/status", &s); code != http.StatusOK || err != nil {
		t.Fatalf("status: %d, %v", code, errors.Join(err))
	}
	return s
}
