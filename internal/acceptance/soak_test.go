package acceptance

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"

	"github.com/aisle-search/aisle/internal/process"
)

// soak runs aisle soak, whose report must be clean.
func soak(t *testing.T, args ...string) (report string) {
	t.Helper()
	cmd := exec.Command(binary, append([]string{"soak"}, args...)...)
	cmd.SysProcAttr = process.DieTogether()
	var out, log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &log
	if err := cmd.Run(); err != nil {
		t.Fatalf("aisle soak %s: %v\n%s%s", strings.Join(args, " "), err, &log, &out)
	}
	return out.String()
}

// Faults of every kind for a little while; aisle soak goes on for as long as it is told.
func TestSoak(t *testing.T) {
	t.Parallel()
	report := soak(t, "--duration", "15s", "--nodes", "1", "--seed", "7")
	for _, want := range []string{"violations  0\n", "verified "} {
		if !strings.Contains(report, want) {
			t.Errorf("the report has no %q:\n%s", want, report)
		}
	}
}

// What writers and readers of two nodes see keeps read-your-writes, monotonic reads and
// the order of versions, while nodes are killed and lines are cut.
func TestHistory(t *testing.T) {
	t.Parallel()
	report := soak(t, "--duration", "12s", "--nodes", "2", "--seed", "8", "--kills", "1", "--faults", "kill,cut,term")
	if !strings.Contains(report, "history ") || strings.Contains(report, "history     0 writes") || strings.Contains(report, " 0 reads") {
		t.Errorf("the report tells no history:\n%s", report)
	}
}
