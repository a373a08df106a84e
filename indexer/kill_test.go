package indexer

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aisle-search/aisle/internal/failpoint"
)

// childPlace and childKill tell a test binary that it is a child: where its
// pipeline works, and at which failpoint it dies.
const (
	childPlace = "INDEXER_TEST_CHILD"
	childKill  = "INDEXER_TEST_KILL"
)

func TestMain(m *testing.M) {
	if text := os.Getenv(childPlace); text != "" {
		if err := runChild(text, os.Getenv(childKill)); err != nil {
			fmt.Println("child:", err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// runChild runs a pipeline and does what it is told, a line at a time. Each line
// is answered by one line.
func runChild(text, kill string) error {
	var at place
	if err := json.Unmarshal([]byte(text), &at); err != nil {
		return err
	}
	if kill != "" {
		if err := failpoint.ArmKill(kill); err != nil {
			return err
		}
	}
	p, err := openPipeline(context.Background(), at)
	if err != nil {
		return err
	}
	r, closeRig, err := connectChild(at)
	if err != nil {
		return err
	}
	defer closeRig()
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		switch lines.Text() {
		case "check":
			ctx, cancel := context.WithTimeout(context.Background(), deadline)
			fmt.Println(strings.ReplaceAll("check: "+p.settle(ctx, r), "\n", " "))
			cancel()
		case "reindex":
			fmt.Println("reindex:", p.x.Reindex(context.Background(), false))
		case "rollback":
			fmt.Println("rollback:", p.x.Rollback(context.Background()))
		}
	}
	return p.close()
}

// child is a process with a pipeline.
type child struct {
	cmd     *exec.Cmd
	in      io.WriteCloser
	answers *bufio.Reader
}

func (r *rig) startChild(kill string) *child {
	r.t.Helper()
	text, err := json.Marshal(r.at)
	if err != nil {
		r.t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childPlace+"="+string(text), childKill+"="+kill)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		r.t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		r.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
	c := &child{cmd: cmd, in: in, answers: bufio.NewReader(out)}
	r.t.Cleanup(func() { _ = cmd.Process.Kill() })
	return c
}

// ask tells the child something and gives its answer.
func (c *child) ask(what string) string {
	if _, err := fmt.Fprintln(c.in, what); err != nil {
		return err.Error()
	}
	line, err := c.answers.ReadString('\n')
	if err != nil {
		return err.Error()
	}
	return strings.TrimSpace(line)
}

// end waits until the child is dead, and kills it after a time. It says whether
// the child died before that.
func (c *child) end(after time.Duration) (byItself bool) {
	timer := time.AfterFunc(after, func() { _ = c.cmd.Process.Kill() })
	_, _ = io.Copy(io.Discard, c.answers) // until the child's end of the pipe is closed
	_ = c.cmd.Wait()                      // it died by a signal, as it should
	return timer.Stop()
}

// Whenever the process is killed, at the worst points and at random ones, the
// next one makes the index equal to the sources.
func TestKill(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.fill(1500)
	seed := uint64(time.Now().UnixNano())
	random := rand.New(rand.NewPCG(seed, 0))
	t.Logf("seed %d", seed)
	rounds := []struct {
		kill string
		ask  string
		slot bool // the slot is lost before the round
	}{
		{kill: "rebuild-snapshot-batch=1"}, {kill: "orders-snapshot-batch=1", slot: true},
		{kill: "catalog-before-commit=3"}, {kill: "catalog-after-commit=3"},
		{kill: "orders-before-apply=3"}, {kill: "orders-after-apply=3"},
		{kill: "orders-before-snapshot-finish=1", slot: true},
		{kill: "rebuild-after-snapshot=1", ask: "reindex"}, {kill: "rebuild-before-swap=1", ask: "reindex"},
		{kill: "rebuild-after-swap=1", ask: "reindex"},
		{kill: "rebuild-before-swap=1", ask: "rollback"}, {kill: "rebuild-after-swap=1", ask: "rollback"},
		{}, {ask: "rollback"}, {}, {ask: "reindex"}, {}, {}, {ask: "reindex"}, {}, {}, {},
	}
	for i, round := range rounds {
		if round.slot {
			r.dropSlots()
		}
		c := r.startChild(round.kill)
		stop := r.writeUntil(random.Uint64())
		if round.ask != "" {
			if said := c.ask(round.ask); said != round.ask+": <nil>" && said != "EOF" && !strings.Contains(said, "already running") {
				t.Errorf("round %d: %s", i, said)
			}
		}
		wait := time.Duration(100+random.IntN(900)) * time.Millisecond
		if round.kill != "" {
			wait = deadline // it kills itself long before
		}
		byItself := c.end(wait)
		stop()
		if signalled := c.cmd.ProcessState.ExitCode() == -1; !signalled || byItself != (round.kill != "") {
			t.Errorf("round %d, to die at %q: got %v, by itself %v", i, round.kill, c.cmd.ProcessState, byItself)
		}
		c = r.startChild("")
		if said := c.ask("check"); said != "check:" {
			t.Fatalf("round %d, after dying at %q: %s", i, round.kill, said)
		}
		_ = c.in.Close()
		c.end(deadline)
	}
}

// dropSlots drops this database's slots, and waits for that: the server may not
// have noticed yet that the one who used a slot is gone.
func (r *rig) dropSlots() {
	r.t.Helper()
	r.eventually("slots dropped", func() string {
		ctx := context.Background()
		_, err := r.sql.Exec(ctx, `select pg_drop_replication_slot(slot_name) from pg_replication_slots
			where database = current_database() and not active`)
		if err != nil {
			return err.Error()
		}
		var left int
		err = r.sql.QueryRow(ctx, "select count(*) from pg_replication_slots where database = current_database()").Scan(&left)
		if err != nil || left > 0 {
			return fmt.Sprintf("%d are left, %v", left, err)
		}
		return ""
	})
}

// writeUntil writes at random to both databases until the returned function is
// called.
func (r *rig) writeUntil(seed uint64) (stop func()) {
	random := rand.New(rand.NewPCG(seed, 1))
	stopping := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			select {
			case <-stopping:
				return
			default:
			}
			id := fmt.Sprintf("P%05d", random.IntN(1600))
			switch random.IntN(10) {
			case 0:
				r.remove(id)
			case 1:
				r.set(id, "status", []string{"on", "off"}[random.IntN(2)])
			case 2, 3:
				r.stock(id, random.IntN(50))
			case 4:
				r.order(id, 1+random.IntN(3), random.IntN(35))
			case 5:
				r.exec("update order_lines set status = 'cancelled' where (order_id, line_no) in (select order_id, line_no from order_lines limit 1)")
			default:
				r.put(id, "price", random.IntN(1000))
			}
		}
	})
	return func() {
		close(stopping)
		wg.Wait()
	}
}
