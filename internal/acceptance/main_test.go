package acceptance

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aisle-search/aisle/internal/process"
)

// binary is the program under test, built once. It is set before any test runs.
var binary string

func TestMain(m *testing.M) { os.Exit(buildAndRun(m)) }

func buildAndRun(m *testing.M) int {
	dir, err := os.MkdirTemp("", "aisle-acceptance-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	binary = filepath.Join(dir, "aisle")
	if out, err := exec.Command("go", "build", "-o", binary, "../../cmd/aisle").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build the program: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// finished is how a run of the program ended.
type finished struct {
	code     int
	out, err string
}

// aisle runs a command of the program to its end.
func (s *testShop) aisle(t *testing.T, args ...string) finished {
	t.Helper()
	cmd := s.command(args...)
	var out, errs strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errs
	_ = cmd.Run() // the exit code tells
	return finished{cmd.ProcessState.ExitCode(), out.String(), errs.String()}
}

// mustAisle fails the test unless the command succeeds.
func (s *testShop) mustAisle(t *testing.T, args ...string) finished {
	t.Helper()
	f := s.aisle(t, args...)
	if f.code != 0 {
		t.Fatalf("aisle %s: exit %d\n%s%s", strings.Join(args, " "), f.code, f.out, f.err)
	}
	return f
}

// command is the program with the shop's settings in its environment.
func (s *testShop) command(args ...string) *exec.Cmd {
	cmd := exec.Command(binary, args...)
	cmd.Env = append(os.Environ(), "AISLE_MONGO_URI="+s.mongoURI, "AISLE_POSTGRES_URL="+s.postgresURL,
		"AISLE_SCHEMA="+s.schemaFile, "AISLE_DATA="+filepath.Join(s.dir, "data"))
	cmd.SysProcAttr = process.DieTogether()
	return cmd
}
