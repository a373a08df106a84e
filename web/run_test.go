package web

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aisle-search/aisle/internal/poll"
)

// drain is how long a server that is told to stop goes on answering: longer than a busy
// machine stands still.
const drain = 8 * time.Second

// running is a server under Run.
type running struct {
	*bench
	url  string
	stop context.CancelFunc
	done chan error
}

func start(t *testing.T, change ...func(*Config)) *running {
	t.Helper()
	b := newBench(t, change...)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	r := &running{bench: b, url: "http://" + l.Addr().String(), stop: stop, done: make(chan error, 1)}
	go func() { r.done <- b.server.Run(ctx, l) }()
	t.Cleanup(stop)
	return r
}

func (r *running) get(client *http.Client, path string) (int, error) {
	answer, err := client.Get(r.url + path)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	_, err = io.Copy(io.Discard, answer.Body)
	return answer.StatusCode, err
}

// newClient has connections of its own.
func newClient(t *testing.T) *http.Client {
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// Stopping fails no request: those in flight are answered, those that come in
// while balancers notice are answered too, and /readyz turns first.
func TestRunStopsGracefully(t *testing.T) {
	t.Parallel()
	r := start(t, func(c *Config) { c.DrainDelay = drain })
	r.searcher.hold, r.searcher.entered = make(chan struct{}), make(chan struct{})
	client := newClient(t)
	inFlight := make(chan string, 1)
	go func() {
		code, err := r.get(client, "/v1/search?q=slow")
		inFlight <- fmt.Sprint(code, err)
	}()
	<-r.searcher.entered
	r.stop()
	for code := 0; code != http.StatusServiceUnavailable; {
		var err error
		if code, err = r.get(client, "/readyz"); err != nil {
			t.Fatalf("a stopping server must still answer: %v", err)
		}
	}
	if code, err := r.get(client, "/v1/schema"); code != http.StatusOK || err != nil {
		t.Errorf("while draining: got %d, %v, want 200", code, err)
	}
	// Once no more connections are taken, the one in flight is still waited for.
	poll.Eventually(t, "the listener is closed", func() bool {
		conn, err := net.Dial("tcp", strings.TrimPrefix(r.url, "http://"))
		if err == nil {
			conn.Close()
		}
		return err != nil
	})
	close(r.searcher.hold)
	if got := <-inFlight; got != "200 <nil>" {
		t.Errorf("request in flight: got %s, want 200", got)
	}
	if err := <-r.done; err != nil {
		t.Errorf("Run = %v, want nil", err)
	}
}

// Callers that never pause see no failure: whoever is answered while the server
// stops is told to leave, and comes back to another.
func TestRunUnderLoad(t *testing.T) {
	t.Parallel()
	r := start(t, func(c *Config) { c.DrainDelay, c.MaxSearches = drain, 64 })
	var (
		callers  sync.WaitGroup
		answered atomic.Int64
		warm     = make(chan struct{})
	)
	client := newClient(t)
	for range 8 {
		callers.Go(func() {
			for {
				answer, err := client.Get(r.url + "/v1/search?q=x")
				if err != nil {
					t.Errorf("request failed: %v", err)
					return
				}
				_, err = io.Copy(io.Discard, answer.Body)
				answer.Body.Close()
				if err != nil || answer.StatusCode != http.StatusOK {
					t.Errorf("got %d, %v", answer.StatusCode, err)
					return
				}
				if answered.Add(1) == 50 {
					close(warm)
				}
				if answer.Close { // a balancer would go elsewhere
					return
				}
			}
		})
	}
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		callers.Wait()
	}()
	select {
	case <-warm:
	case <-finished: // all have failed
	}
	r.stop()
	<-finished
	if err := <-r.done; err != nil {
		t.Errorf("Run = %v, want nil", err)
	}
}

// A request that never ends does not keep the server from stopping.
func TestRunGivesUp(t *testing.T) {
	t.Parallel()
	r := start(t, func(c *Config) { c.DrainDelay, c.DrainTimeout = time.Millisecond, 50*time.Millisecond })
	r.searcher.hold, r.searcher.entered = make(chan struct{}), make(chan struct{})
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		if code, err := r.get(newClient(t), "/v1/search?q=endless"); err == nil && code == http.StatusOK {
			t.Error("the endless request was answered")
		}
	}()
	<-r.searcher.entered
	r.stop()
	if err := <-r.done; err == nil {
		t.Error("Run = nil, want an error that says what was cut short")
	}
	<-gone
}

// An event stream ends when the server stops, well before the deadline.
func TestRunEndsStreams(t *testing.T) {
	t.Parallel()
	r := start(t, func(c *Config) { c.DrainDelay = time.Millisecond })
	names := make(chan []string, 1)
	reading := make(chan struct{})
	var once sync.Once
	r.indexer.steps = func() { once.Do(func() { close(reading) }) }
	go func() { names <- followEvents(t, r.url) }()
	<-reading
	r.stop()
	if err := <-r.done; err != nil {
		t.Errorf("Run = %v, want nil", err)
	}
	for _, name := range <-names {
		if name != "progress" {
			t.Errorf("event %s, want progress", name)
		}
	}
}

// A listener that fails ends Run.
func TestRunListenerFails(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	if err := b.server.Run(t.Context(), l); err == nil {
		t.Error("Run = nil, want the listener's error")
	}
}

// A real connection: HEAD has no body, bad requests are not logged with their
// address, a slow body is cut off by its bound.
func TestRunConnection(t *testing.T) {
	t.Parallel()
	r := start(t)
	answer, err := newClient(t).Head(r.url + "/v1/search?q=mug")
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK || answer.Header.Get("ETag") == "" {
		t.Errorf("HEAD: got %d %v", answer.StatusCode, answer.Header)
	}
	conn, err := net.Dial("tcp", strings.TrimPrefix(r.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "POST /v1/search HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{\"q\":"); err != nil {
		t.Fatal(err)
	}
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(conn)
	if err != nil || !strings.HasPrefix(string(text), "HTTP/1.1 400") || !strings.Contains(string(text), "invalid-parameter") {
		t.Errorf("half a body: got %q, %v", text, err)
	}
	if strings.Contains(r.log.String(), "127.0.0.1") {
		t.Errorf("the log holds an address:\n%s", r.log)
	}
}
