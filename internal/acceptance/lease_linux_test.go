package acceptance

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/aisle-search/aisle/internal/poll"
)

// leases is what a node says of the lease under which old keys are removed.
type leases struct {
	Leases []struct {
		Name   string `json:"name"`
		Holder string `json:"holder"`
		Term   int64  `json:"term"`
		Held   bool   `json:"held"`
	} `json:"leases"`
}

// startNode starts one of several nodes on the shop's databases.
func (s *testShop) startNode(t *testing.T, name string) *server {
	t.Helper()
	node := *s
	node.dir = t.TempDir()
	config := filepath.Join(node.dir, "config.yaml")
	writeFile(t, config, []byte("orders:\n  node: "+name+"\n"))
	return startServer(t, node.command("serve", "--listen", "127.0.0.1:0", "--config", config))
}

// holds tells whether a node holds the lease, and the term that it knows of.
func (v *server) holds() (held bool, term int64, holder string) {
	var l leases
	if code, err := v.get("/v1/status", &l); code != http.StatusOK || err != nil || len(l.Leases) != 1 {
		return false, 0, ""
	}
	return l.Leases[0].Held, l.Leases[0].Term, l.Leases[0].Holder
}

// Of two nodes one holds the lease. Paused beyond its time, it loses it to the other,
// by a later term, and knows that once it goes on. Both answer all the while they run.
func TestLease(t *testing.T) {
	t.Parallel()
	s := newShop(t, 20)
	nodes := map[string]*server{"one": s.startNode(t, "one"), "two": s.startNode(t, "two")}
	var holder, other string
	poll.Eventually(t, "one node holds the lease", func() bool {
		for name, v := range nodes {
			if held, _, _ := v.holds(); held {
				holder, other = name, map[string]string{"one": "two", "two": "one"}[name]
			}
		}
		return holder != ""
	})
	_, term, named := nodes[holder].holds()
	if !strings.HasPrefix(named, holder+"-") {
		t.Errorf("the lease is held by %q, want node %s", named, holder)
	}
	poll.Eventually(t, "the other node names the holder", func() bool {
		held, seen, by := nodes[other].holds()
		return !held && seen == term && by == named
	})
	for _, v := range nodes { // who does not hold it is as well
		v.waitReady(t)
		if code, err := v.get("/healthz", nil); code != http.StatusOK || err != nil {
			t.Errorf("healthz: %d, %v", code, err)
		}
	}
	if err := nodes[holder].Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	poll.Eventually(t, "the other node takes over", func() bool {
		held, later, _ := nodes[other].holds()
		return held && later > term
	})
	if err := nodes[holder].Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	poll.Eventually(t, "the late node knows that it has lost", func() bool {
		held, later, by := nodes[holder].holds()
		return !held && later > term && strings.HasPrefix(by, other+"-")
	})
	for name, v := range nodes {
		want := fmt.Sprintf(`aisle_lease_held{lease="idempotency-keys"} %d`, map[bool]int{true: 1}[name == other])
		if text := v.text(t, "/metrics"); !strings.Contains(text, want) {
			t.Errorf("the metrics of node %s lack %s", name, want)
		}
	}
}
