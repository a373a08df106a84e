package soak

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"syscall"
	"time"

	"github.com/aisle-search/aisle/internal/historycheck/drive"
	"github.com/aisle-search/aisle/internal/netfault"
)

// node is one server, its lines to the databases, and what became of it.
type node struct {
	name, dir       string
	mongo, postgres *netfault.Proxy
	serve           Serve

	cmd   *exec.Cmd
	ended chan struct{}

	mu     sync.Mutex // guards what follows
	url    string
	life   int  // counts starts
	serves bool // an index serves and nobody has told it to end
	caught bool // it has caught up since it was started
	alarm  []string
}

var (
	listening = regexp.MustCompile(`msg=listening address=(http://\S+)`)
	// alarming are lines that no fault excuses.
	alarming = regexp.MustCompile(`^panic:|^fatal error:|DATA RACE`)
)

// maxAlarms bounds what is kept of a log's alarming lines.
const maxAlarms = 10

func (r *run) startNodes(ctx context.Context, dir string) error {
	for i := range max(1, r.config.Nodes) {
		n := &node{name: fmt.Sprintf("n%d", i+1)}
		n.dir = filepath.Join(dir, n.name)
		if err := os.MkdirAll(n.dir, 0o755); err != nil {
			return err
		}
		var err error
		n.serve = Serve{Name: n.name, Dir: n.dir}
		if n.mongo, n.serve.MongoURI, err = netfault.Behind(r.db.MongoURI); err != nil {
			return err
		}
		r.nodes = append(r.nodes, n)
		if n.postgres, n.serve.PostgresURL, err = netfault.Behind(r.db.PostgresURL); err != nil {
			return err
		}
	}
	for _, n := range r.nodes {
		if err := r.start(ctx, n, ""); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) stopNodes() {
	for _, n := range r.nodes {
		n.kill()
		n.mongo.Close()
		if n.postgres != nil {
			n.postgres.Close()
		}
	}
}

// start starts a node and waits until it answers searches, or has ended at the
// point at which it was told to.
func (r *run) start(ctx context.Context, n *node, failAt string) error {
	serve := n.serve
	serve.FailAt = failAt
	cmd, err := r.config.Command(serve)
	if err != nil {
		return err
	}
	log, err := os.OpenFile(filepath.Join(n.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	from, to := io.Pipe()
	cmd.Stderr = io.MultiWriter(log, to)
	n.cmd, n.ended = cmd, make(chan struct{})
	address := make(chan string, 1)
	go n.read(from, address) // ends with the pipe
	if err := cmd.Start(); err != nil {
		return errors.Join(err, to.Close(), log.Close())
	}
	r.count(func(p *Report) { p.Starts++ })
	ended := n.ended
	go func() { // waited for through ended
		_ = cmd.Wait() // how it ended is no matter
		_, _ = to.Close(), log.Close()
		close(ended)
	}()
	return r.awaitServing(ctx, n, address)
}

func (n *node) read(log io.Reader, address chan<- string) {
	lines := bufio.NewScanner(log)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if m := listening.FindStringSubmatch(lines.Text()); m != nil {
			select {
			case address <- m[1]:
			default: // it says it once
			}
		}
		if alarming.MatchString(lines.Text()) {
			n.mu.Lock()
			if len(n.alarm) < maxAlarms {
				n.alarm = append(n.alarm, lines.Text())
			}
			n.mu.Unlock()
		}
	}
	_, _ = io.Copy(io.Discard, log) // a line was too long
}

func (r *run) awaitServing(ctx context.Context, n *node, address <-chan string) error {
	deadline := time.After(patience)
	var url string
	select {
	case url = <-address:
	case <-n.ended:
		return r.endedEarly(n)
	case <-deadline:
		return fmt.Errorf("%s does not listen", n.name)
	case <-ctx.Done():
		return ctx.Err()
	}
	n.mu.Lock()
	n.url = url
	n.mu.Unlock()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-n.ended:
			return r.endedEarly(n)
		case <-deadline:
			return fmt.Errorf("%s does not answer searches", n.name)
		case <-ctx.Done():
			return ctx.Err()
		}
		if code, err := r.get(ctx, url+"/v1/search?limit=1", nil); err == nil && code == http.StatusOK {
			n.mu.Lock()
			defer n.mu.Unlock()
			n.life, n.serves, n.caught = n.life+1, true, false
			return nil
		}
	}
}

// errEnded: a process ended by itself.
var errEnded = errors.New("soak: the server ended")

func (r *run) endedEarly(n *node) error {
	return fmt.Errorf("%w: %s while starting, %s", errEnded, n.name, n.cmd.ProcessState)
}

// leave says that a node is not to be relied on from now on.
func (n *node) leave() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.serves = false
}

// caughtUp says that the node has seen all that was written before it was started.
func (n *node) caughtUp() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.caught = true
}

// now is the node as it is; the life tells whether it has been started since.
func (n *node) now() (url string, life int, serves bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.url, n.life, n.serves
}

func (n *node) alarms() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.alarm
}

func (n *node) signal(s syscall.Signal) error { return n.cmd.Process.Signal(s) }

// kill ends the process as kill -9 does, and waits for it.
func (n *node) kill() {
	n.leave()
	if n.cmd == nil || n.cmd.Process == nil {
		return
	}
	_ = n.cmd.Process.Kill() // it may have ended
	<-n.ended
}

// serving are the nodes that should answer, by process.
func (r *run) serving() (nodes []drive.Node) {
	for _, n := range r.nodes {
		n.mu.Lock()
		if n.serves {
			nodes = append(nodes, drive.Node{Name: fmt.Sprintf("%s/%d", n.name, n.life), URL: n.url, Recovering: !n.caught})
		}
		n.mu.Unlock()
	}
	return nodes
}
