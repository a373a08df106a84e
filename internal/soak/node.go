package soak

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sync"

	"github.com/aisle-search/aisle/internal/client"
	"github.com/aisle-search/aisle/internal/historycheck/drive"
	"github.com/aisle-search/aisle/internal/netfault"
	"github.com/aisle-search/aisle/internal/process"
)

// node is one server, its lines to the databases, and what became of it.
type node struct {
	name, dir       string
	mongo, postgres *netfault.Proxy
	serve           Serve

	server *process.Server // of the faults' goroutine; nil before the first start
	alarms []string        // of the servers before it

	mu     sync.Mutex // guards what follows
	url    string
	life   int  // counts starts
	serves bool // an index serves and nobody has told it to end
	caught bool // it has caught up since it was started
}

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
	if n.server != nil {
		n.alarms = append(n.alarms, n.server.Alarms()...)
	}
	if n.server, err = process.Start(cmd, log); err != nil {
		return errors.Join(err, log.Close())
	}
	r.count(func(p *Report) { p.Starts++ })
	go func() { // ends with the process, which is waited for
		<-n.server.Ended()
		log.Close()
	}()
	return r.awaitServing(ctx, n)
}

func (r *run) awaitServing(ctx context.Context, n *node) error {
	bounded, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	url, err := n.server.Listens(bounded)
	if err != nil {
		return fmt.Errorf("start %s: %w", n.name, err)
	}
	n.mu.Lock()
	n.url = url
	n.mu.Unlock()
	answers, err := r.await(bounded, func() (bool, error) {
		if n.server.HasEnded() {
			return false, fmt.Errorf("%w before it answered: %s", process.ErrEnded, n.server.State())
		}
		status, err := r.at(url).Call(ctx, http.MethodGet, client.SearchPath+"?limit=1", nil, nil)
		return err == nil && status == http.StatusOK, nil
	})
	switch {
	case err != nil:
		return fmt.Errorf("start %s: %w", n.name, err)
	case !answers:
		return fmt.Errorf("start %s: it does not answer searches", n.name)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.life, n.serves, n.caught = n.life+1, true, false
	return nil
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

// kill ends the process as kill -9 does, and waits for it.
func (n *node) kill() {
	n.leave()
	if n.server != nil {
		n.server.Kill()
	}
}

// at is a client of an address.
func (r *run) at(url string) *client.Client { return &client.Client{Address: url, HTTP: r.http} }

// client is a client of a node as it is now.
func (r *run) client(n *node) *client.Client {
	url, _, _ := n.now()
	return r.at(url)
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
