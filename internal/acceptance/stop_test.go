package acceptance

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/google/uuid"

	"github.com/aisle-search/aisle/internal/poll"
)

// callers is how many call at once while the server stops.
const callers = 8

// Asked to stop under load, the server turns /readyz to 503, fails no request
// that it took, and ends well; the next one goes on without reading anything
// anew.
func TestStop(t *testing.T) {
	t.Parallel()
	s := newShop(t, 250)
	config := filepath.Join(s.dir, "config.yaml")
	// None is refused as one too many, and all are told to leave before the door closes,
	// also on a machine that stands still for seconds.
	writeFile(t, config, []byte("limits: {concurrent_searches: 64}\ndrain_ms: 8000\n"))
	v := startServer(t, s.command("serve", "--config", config, "--listen", "127.0.0.1:0"))
	v.waitReady(t)
	s.settle(t, v)
	c := newChurn(t, s, 10)
	stopWrites := c.start(t)
	var load sync.WaitGroup
	var answered atomic.Int64
	warm := func() bool { return t.Failed() || answered.Load() >= 100 }
	for n := range callers {
		load.Go(func() {
			for callUntilRefused(t, v, n%4 == 0) {
				answered.Add(1)
			}
		})
	}
	unready := make(chan bool, 1)
	load.Go(func() { unready <- sees503(t, v) })
	poll.Eventually(t, "the server is under load", warm)
	if code := v.stop(t); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
	load.Wait()
	if !<-unready {
		t.Error("/readyz did not turn 503 before connections were refused")
	}
	stopWrites()
	v = s.startReady(t)
	if got := v.status(t).Generation; got != 1 {
		t.Errorf("generation %d after the restart, want 1: nothing needed a rebuild", got)
	}
	s.mustEqual(t, v)
}

// callUntilRefused makes one request and says whether to go on. A refused
// connection was not taken, and whoever is told that the connection closes goes
// elsewhere.
func callUntilRefused(t *testing.T, v *server, order bool) bool {
	method, path, body := http.MethodGet, "/v1/search?q=lamp&facets=auto", any(nil)
	header := []string{"Idempotency-Key", uuid.NewString()}
	want := http.StatusOK
	if order {
		method, path, want = http.MethodPost, "/v1/orders", http.StatusCreated
		body = map[string]any{"customer": "load", "lines": []any{map[string]any{"product": marker, "quantity": 1}}}
	}
	answer, err := v.send(method, path, header, body)
	if errors.Is(err, syscall.ECONNREFUSED) {
		return false
	}
	if err != nil {
		t.Errorf("%s %s: %v", method, path, err)
		return false
	}
	defer answer.Body.Close()
	content, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != want {
		t.Errorf("%s %s: got %d, %v: %s", method, path, answer.StatusCode, err, content)
		return false
	}
	return !answer.Close
}

// sees503 asks for readiness until it turns or connections are refused.
func sees503(t *testing.T, v *server) bool {
	for {
		code, err := v.get("/readyz", nil)
		switch {
		case err != nil:
			if !errors.Is(err, syscall.ECONNREFUSED) {
				t.Errorf("readyz: %v", err)
			}
			return false
		case code == http.StatusServiceUnavailable:
			return true
		case code != http.StatusOK:
			t.Error(fmt.Sprint("readyz: status ", code))
			return false
		}
	}
}
