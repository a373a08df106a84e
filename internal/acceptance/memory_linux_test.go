package acceptance

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"testing"
)

// Rebuilding again and again takes no more memory than the first time.
func TestMemoryOfRebuilds(t *testing.T) {
	t.Parallel()
	s := newShop(t, everything)
	cmd := s.command("serve", "--listen", "127.0.0.1:0")
	// What is live, and not how long the collector waits, which is by chance.
	cmd.Env = append(cmd.Env, "GOGC=25")
	v := startServer(t, cmd)
	s.mustEqual(t, v)
	v.idle(t)
	var peaks []int
	for range 4 {
		v.forgetPeak(t)
		s.mustAisle(t, "reindex", "--server", v.Address)
		peaks = append(peaks, v.peak(t))
	}
	t.Logf("peaks in kB: %v", peaks)
	for i := range peaks[1:] {
		if float64(peaks[i+1]) > 1.3*float64(peaks[i]) {
			t.Errorf("peaks in kB: %v, want none above 1.3 times the one before", peaks)
		}
	}
}

// forgetPeak lets the system measure the process' peak memory anew.
func (v *server) forgetPeak(t *testing.T) {
	t.Helper()
	if err := os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", v.PID()), []byte("5"), 0); err != nil {
		t.Fatal(err)
	}
}

var peakLine = regexp.MustCompile(`VmHWM:\s+(\d+) kB`)

func (v *server) peak(t *testing.T) int {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", v.PID()))
	if err != nil {
		t.Fatal(err)
	}
	found := peakLine.FindSubmatch(text)
	if found == nil {
		t.Fatalf("no peak in %s", text)
	}
	n, err := strconv.Atoi(string(found[1]))
	if err != nil {
		t.Fatal(err)
	}
	return n
}
