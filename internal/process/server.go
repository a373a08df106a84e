package process

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
)

// ErrEnded means that a process ended before it did what it was waited for.
var ErrEnded = errors.New("process: the server ended")

// Server is one process that runs aisle serve.
type Server struct {
	cmd   *exec.Cmd
	log   *watch
	ended chan struct{} // closed once it has been waited for
}

// Start starts a command that is aisle serve. What it writes to its standard error goes
// to log, too.
func Start(cmd *exec.Cmd, log io.Writer) (*Server, error) {
	s := &Server{cmd: cmd, log: newWatch(), ended: make(chan struct{})}
	cmd.Stderr = io.MultiWriter(log, s.log)
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	go func() { // waited for through ended
		_ = cmd.Wait() // State tells how it ended
		close(s.ended)
	}()
	return s, nil
}

// Listens waits until the process has said where it listens, and returns the address,
// as http://host:port.
func (s *Server) Listens(ctx context.Context) (address string, err error) {
	select {
	case <-s.log.listens:
		return s.log.where(), nil
	case <-s.ended:
		return "", fmt.Errorf("%w before it listened: %s", ErrEnded, s.cmd.ProcessState)
	case <-ctx.Done():
		return "", fmt.Errorf("wait until the server listens: %w", ctx.Err())
	}
}

// Ended is closed when the process has ended and its log is complete.
func (s *Server) Ended() <-chan struct{} { return s.ended }

// HasEnded tells whether the process has ended.
func (s *Server) HasEnded() bool {
	select {
	case <-s.ended:
		return true
	default:
		return false
	}
}

// State tells how the process ended. Invariant: it has ended.
func (s *Server) State() *os.ProcessState { return s.cmd.ProcessState }

// PID is the id of the process.
func (s *Server) PID() int { return s.cmd.Process.Pid }

// Alarms are the first of the lines of the log that nothing excuses.
func (s *Server) Alarms() []string { return s.log.alarms() }

// Signal sends a signal.
func (s *Server) Signal(signal os.Signal) error { return s.cmd.Process.Signal(signal) }

// Kill ends the process as kill -9 does, and waits for it.
func (s *Server) Kill() {
	_ = s.cmd.Process.Kill() // it may have ended
	<-s.ended
}

// Stop asks the process to end in order, and waits until it has.
func (s *Server) Stop(ctx context.Context) (*os.ProcessState, error) {
	if err := s.Signal(syscall.SIGTERM); err != nil {
		return nil, fmt.Errorf("ask the server to end: %w", err)
	}
	select {
	case <-s.ended:
		return s.State(), nil
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for the server's end: %w", ctx.Err())
	}
}
