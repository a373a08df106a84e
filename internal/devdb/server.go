package devdb

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	// startTries bounds how often a server that ends while starting, as when
	// another process took its port, is started again.
	startTries = 5
	// startTimeout bounds one try.
	startTimeout = 60 * time.Second
	pollEvery    = 50 * time.Millisecond
)

// errRunning: the server that should start runs already.
var errRunning = errors.New("devdb: server is running")

// server is one database server that can be stopped and started again with its
// port and data.
type server struct {
	name    string
	folder  string // all that the server owns: data, log, port
	temp    bool   // remove folder when done
	account *account
	signal  string // the orderly stop
	// command is the server's command line for a port.
	command func(port int) []string
	// ready asks the server once; nil means that it accepts work, and that it is
	// the process pid and not a stranger on our port.
	ready func(ctx context.Context, port, pid int) error

	mu   sync.Mutex
	proc *process // nil when stopped
	port int      // 0 before the first start
}

func (s *server) logFile() string  { return filepath.Join(s.folder, "server.log") }
func (s *server) portFile() string { return filepath.Join(s.folder, "port") }

// start starts the server and waits until it is ready. The first start chooses
// the port, the one of the last time if it is still free.
func (s *server) start(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.proc != nil && !s.proc.exited() {
		return errRunning
	}
	var err error
	for try := range startTries {
		if try > 0 {
			if werr := wait(ctx, 4*pollEvery); werr != nil {
				return werr
			}
		}
		port := s.port
		if port == 0 {
			if port, err = s.choosePort(try == 0); err != nil {
				return err
			}
		}
		if err = s.try(ctx, port); err == nil {
			s.port = port
			return os.WriteFile(s.portFile(), []byte(strconv.Itoa(port)), 0o600)
		}
		if ctx.Err() != nil {
			break
		}
	}
	return fmt.Errorf("start %s: %w\n%s", s.name, err, s.logTail())
}

// try is one start on a port.
func (s *server) try(ctx context.Context, port int) error {
	c := command{
		args: s.command(port), dir: s.folder, log: s.logFile(),
		signal: s.signal, attr: procAttr(s.account),
	}
	if s.temp {
		c.remove = s.folder
	}
	p, err := run(c)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for {
		if err = s.ready(ctx, port, p.pid); err == nil {
			s.proc = p
			return nil
		}
		if p.exited() {
			return fmt.Errorf("server ended while starting (%v): %w", p.err, err) //nolint:errorlint // nil if it ended in order
		}
		if werr := wait(ctx, pollEvery); werr != nil {
			p.stop("KILL")
			return fmt.Errorf("%w; last answer: %w", werr, err)
		}
	}
}

// choosePort asks the kernel for a free port. Another process may take it before
// the server does; start tries again then.
func (s *server) choosePort(last bool) (int, error) {
	if b, err := os.ReadFile(s.portFile()); err == nil && last {
		if port, err := strconv.Atoi(strings.TrimSpace(string(b))); err == nil {
			return port, nil
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("find free port: %w", err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// stop stops the server by the signal. A stopped server stays stopped.
func (s *server) stop(signal string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.proc != nil {
		s.proc.stop(signal)
		s.proc = nil
	}
}

// close stops the server for good and removes temporary data.
func (s *server) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.proc != nil {
		s.proc.close()
		s.proc = nil
	}
	if s.temp {
		return os.RemoveAll(s.folder)
	}
	return nil
}

// logTail is the end of the server's log, for the message of a failed start.
func (s *server) logTail() string {
	f, err := os.Open(s.logFile())
	if err != nil {
		return ""
	}
	defer f.Close()
	const most = 2000
	if info, err := f.Stat(); err == nil && info.Size() > most {
		_, _ = f.Seek(-most, io.SeekEnd)
	}
	b, _ := io.ReadAll(f)
	return strings.TrimSpace(string(b))
}

// wait waits for d, or until ctx ends.
func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
