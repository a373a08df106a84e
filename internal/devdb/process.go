package devdb

import (
	"bufio"
	_ "embed" // for the supervisor's script
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

//go:embed supervise.sh
var supervisor string

// killAfter is when a supervisor that does not end is killed with all of its
// group. The supervisor itself kills a stubborn server after 30 s.
const killAfter = time.Minute

// command is a server to run.
type command struct {
	args   []string
	dir    string               // working folder
	log    string               // file that gets the server's output
	signal string               // how the server is asked to end, as kill spells it
	remove string               // folder to remove when the owner goes, or empty
	attr   *syscall.SysProcAttr // the user to run as, and the group
}

// process is a running server with its supervisor.
type process struct {
	pid  int // the server's, not the supervisor's
	cmd  *exec.Cmd
	life *os.File      // the writing end of the life line
	done chan struct{} // closed when the supervisor, and so the server, has ended
	err  error         // how it ended; read it after done
}

// run starts a server under a supervisor.
func run(c command) (*process, error) {
	out, err := os.OpenFile(c.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open server log: %w", err)
	}
	defer out.Close() // the child has its own copy
	lifeRead, lifeWrite, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("make life line: %w", err)
	}
	defer lifeRead.Close()
	pidRead, pidWrite, err := os.Pipe()
	if err != nil {
		lifeWrite.Close()
		return nil, fmt.Errorf("make pid pipe: %w", err)
	}
	defer pidRead.Close()

	args := append([]string{"-c", supervisor, "aisle-devdb", c.signal, c.remove}, c.args...)
	cmd := exec.Command("sh", args...)
	cmd.Dir = c.dir
	cmd.Stdout, cmd.Stderr = out, out
	cmd.ExtraFiles = []*os.File{lifeRead, pidWrite} // files 3 and 4
	cmd.SysProcAttr = c.attr
	err = cmd.Start()
	pidWrite.Close()
	if err != nil {
		lifeWrite.Close()
		return nil, fmt.Errorf("start supervisor: %w", err)
	}
	p := &process{cmd: cmd, life: lifeWrite, done: make(chan struct{})}
	go func() { // waited for by stop, through done
		p.err = cmd.Wait()
		close(p.done)
	}()
	line, _ := bufio.NewReader(pidRead).ReadString('\n')
	if p.pid, err = strconv.Atoi(strings.TrimSpace(line)); err != nil {
		p.close()
		return nil, fmt.Errorf("read pid of %s: %w", c.args[0], err)
	}
	return p, nil
}

// stop ends the server by the signal and waits for it. Its data stays.
func (p *process) stop(signal string) {
	// The write fails when the supervisor has ended already, as it should.
	_, _ = fmt.Fprintln(p.life, signal)
	p.close()
}

// close ends the server as the owner's death would: temporary data goes too.
func (p *process) close() {
	p.life.Close()
	timer := time.NewTimer(killAfter)
	defer timer.Stop()
	select {
	case <-p.done:
	case <-timer.C:
		killGroup(p.cmd.Process.Pid)
		<-p.done
	}
}

// exited says whether the server has ended.
func (p *process) exited() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}
