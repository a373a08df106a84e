package browsertest

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/aisle-search/aisle/internal/client"
	"github.com/aisle-search/aisle/internal/poll"
)

var (
	running  = flag.String("aisle", "", "`address` of a running Aisle to test; without it one is built and started")
	mongoURI = flag.String("mongo-uri", "", "MongoDB that it follows")
)

const (
	startTime = 4 * time.Minute // to build, start the databases, load and index
	stopTime  = 2 * time.Minute
)

var shared struct {
	aisle   func() (string, error) // address
	browser func() (context.Context, error)
	closers []func() error // last first, after the tests
}

// TestMain starts Aisle and Chromium when the first test asks for them, and
// stops them after the last.
func TestMain(m *testing.M) {
	flag.Parse()
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "aisle-browsertest-")
	if err != nil {
		fmt.Fprintln(os.Stderr, "make a temporary folder:", err)
		os.Exit(1)
	}
	shared.aisle = sync.OnceValues(func() (string, error) {
		if *running != "" {
			return *running, nil
		}
		return startAisle(ctx, dir)
	})
	shared.browser = sync.OnceValues(func() (context.Context, error) { return startBrowser(ctx, filepath.Join(dir, "profile")) })
	code := m.Run()
	for i := len(shared.closers) - 1; i >= 0; i-- {
		if err := shared.closers[i](); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	if err := removeAll(dir); err != nil {
		fmt.Fprintln(os.Stderr, "remove the temporary folder:", err)
	}
	os.Exit(code)
}

// removeAll tries for a while: the last processes of a browser write to its
// profile until they are gone.
func removeAll(dir string) (err error) {
	_, _ = poll.Until(context.Background(), 5*time.Second, waitPause, func() (bool, error) {
		err = os.RemoveAll(dir)
		return err == nil, nil
	})
	return err
}

// startAisle builds the binary, runs its demo and returns where it listens, once
// it is ready.
func startAisle(ctx context.Context, dir string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	binary := filepath.Join(dir, "aisle")
	build := exec.CommandContext(ctx, "go", "build", "-o", binary, "github.com/aisle-search/aisle/cmd/aisle")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build aisle: %w\n%s", err, out)
	}
	var said bytes.Buffer
	demo := exec.Command(binary, "demo", "--listen", "127.0.0.1:0")
	demo.Stderr = &said
	out, err := demo.StdoutPipe()
	if err != nil {
		return "", fmt.Errorf("start aisle: %w", err)
	}
	if err := demo.Start(); err != nil {
		return "", fmt.Errorf("start aisle: %w", err)
	}
	drained := make(chan struct{})
	told := make(chan addresses, 1)
	go func() {
		defer close(drained)
		readAddresses(out, told)
	}()
	shared.closers = append(shared.closers, func() error {
		<-drained
		return nil
	}, func() error { return stop(demo) })
	select {
	case found, ok := <-told:
		if !ok {
			return "", fmt.Errorf("aisle ended without telling its addresses: %s", said.String())
		}
		*mongoURI = found.mongo
		return found.shop, ready(ctx, found.shop)
	case <-ctx.Done():
		return "", fmt.Errorf("aisle did not tell its addresses: %w", ctx.Err())
	}
}

// addresses are where the demo's parts are.
type addresses struct{ shop, mongo string }

var (
	shopPattern  = regexp.MustCompile(`http://127\.0\.0\.1:\d+`)
	mongoPattern = regexp.MustCompile(`mongodb://\S+`)
)

// readAddresses finds them in what the demo prints, and reads on to the end so
// that the demo is never kept waiting.
func readAddresses(out io.Reader, told chan<- addresses) {
	defer close(told)
	var found addresses
	lines := bufio.NewScanner(out)
	for sent := false; lines.Scan(); {
		if found.shop == "" {
			found.shop = shopPattern.FindString(lines.Text())
		}
		if found.mongo == "" {
			found.mongo = mongoPattern.FindString(lines.Text())
		}
		if !sent && found.shop != "" && found.mongo != "" {
			told <- found
			sent = true
		}
	}
}

// ready waits until the first index serves.
func ready(ctx context.Context, address string) error {
	server := client.Client{Address: address, HTTP: http.DefaultClient}
	ok, err := poll.Until(ctx, startTime, 100*time.Millisecond, func() (bool, error) {
		status, err := server.Call(ctx, http.MethodGet, "/readyz", nil, nil)
		return err == nil && status == http.StatusOK, nil
	})
	if err == nil && !ok {
		err = context.DeadlineExceeded
	}
	if err != nil {
		return fmt.Errorf("wait until aisle is ready: %w", err)
	}
	return nil
}

// stop ends the demo as Ctrl-C does, so that it takes its databases along.
func stop(demo *exec.Cmd) error {
	if err := demo.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stop aisle: %w", err)
	}
	late := time.AfterFunc(stopTime, func() { _ = demo.Process.Kill() })
	defer late.Stop()
	if err := demo.Wait(); err != nil {
		return fmt.Errorf("aisle demo: %w", err)
	}
	return nil
}
