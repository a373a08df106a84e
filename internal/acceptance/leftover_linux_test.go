package acceptance

import (
	"bufio"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/aisle-search/aisle/internal/poll"
	"github.com/aisle-search/aisle/internal/process"
)

// No process outlives aisle devdb, whether it is asked to stop or killed.
func TestDevdbLeavesNothing(t *testing.T) {
	t.Parallel()
	for name, signal := range map[string]syscall.Signal{"interrupted": syscall.SIGINT, "killed": syscall.SIGKILL} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd := exec.Command(binary, "devdb")
			cmd.SysProcAttr = process.DieTogether()
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			lines := bufio.NewScanner(out)
			for lines.Scan() && !strings.HasPrefix(lines.Text(), "AISLE_POSTGRES_URL=") {
			}
			family := descendants(cmd.Process.Pid)
			if len(family) < 3 { // itself and two servers
				t.Errorf("got %d processes, want both servers among them: %v", len(family), family)
			}
			if err := cmd.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			_ = cmd.Wait() // a killed one has no good end
			poll.Eventually(t, "all its processes have ended", func() bool { return len(alive(family)) == 0 })
		})
	}
}
