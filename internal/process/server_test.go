package process

import (
	"context"
	"errors"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func shell(t *testing.T, script string) (*Server, *Output) {
	t.Helper()
	cmd := exec.Command("sh", "-c", script)
	cmd.SysProcAttr = DieTogether()
	log := &Output{}
	s, err := Start(cmd, log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Kill)
	return s, log
}

// The address comes from the log, whoever asks and however often; the log is whole.
func TestListens(t *testing.T) {
	t.Parallel()
	const said = "level=INFO msg=listening address=http://127.0.0.1:1\n"
	s, log := shell(t, "echo before >&2; echo "+strings.TrimSpace(said)+" >&2; exec sleep 100")
	for range 2 {
		if address, err := s.Listens(t.Context()); err != nil || address != "http://127.0.0.1:1" {
			t.Errorf("got %q, %v", address, err)
		}
	}
	if s.HasEnded() {
		t.Error("it has ended")
	}
	s.Kill()
	if got, want := log.String(), "before\n"+said; got != want || !s.HasEnded() {
		t.Errorf("ended %t, with log %q, want %q", s.HasEnded(), got, want)
	}
}

// A process that ends, or says nothing, is not waited for.
func TestListensNot(t *testing.T) {
	t.Parallel()
	s, _ := shell(t, "exit 3")
	if _, err := s.Listens(t.Context()); !errors.Is(err, ErrEnded) || s.State().ExitCode() != 3 {
		t.Errorf("got %v, exit code %d", err, s.State().ExitCode())
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	s, _ = shell(t, "exec sleep 100")
	if _, err := s.Listens(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	if state, err := s.Stop(t.Context()); err != nil || state.Success() {
		t.Errorf("stopped: %v, %v, want the signal's end", state, err)
	}
}

// Alarming lines are found however they are cut; long ones and many are borne.
func TestAlarms(t *testing.T) {
	t.Parallel()
	w := newWatch()
	text := strings.Repeat("x", 2*maxLine) + "panic: no\nlevel=INFO panic: no\npanic: yes\nWARNING: DATA RACE\nfatal error: cut"
	for rest := text; rest != ""; {
		n := min(len(rest), 1000)
		if got, err := w.Write([]byte(rest[:n])); got != n || err != nil {
			t.Fatalf("wrote %d, %v", got, err)
		}
		rest = rest[n:]
	}
	want := []string{"panic: yes", "WARNING: DATA RACE"}
	if diff := cmp.Diff(want, w.alarms()); diff != "" {
		t.Errorf("alarms differ (-want +got):\n%s", diff)
	}
	_, _ = w.Write([]byte(strings.Repeat("\npanic: again\n", 20)))
	if got := len(w.alarms()); got != maxAlarms {
		t.Errorf("%d alarms are kept", got)
	}
}
