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
	v := s.startReady(t)
	s.mustEqual(t, v)
	var peaks []int
	for range 4 {
		v.forgetPeak(t)
		s.mustAisle(t, "reindex", "--server", v.url)
		peaks = append(peaks, v.peak(t))
	}
	t.Logf("peaks in kB: %v", peaks)
	for _, later := range peaks[1:] {
		if float64(later) > 1.3*float64(peaks[0]) {
			t.Errorf("peaks in kB: %v, want none above 1.3 times the first", peaks)
			break
		}
	}
}

// forgetPeak lets the system measure the process' peak memory anew.
func (v *server) forgetPeak(t *testing.T) {
	t.Helper()
	if err := os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", v.cmd.Process.Pid), []byte("5"), 0); err != nil {
		t.Fatal(err)
	}
}

var peakLine = regexp.MustCompile(`VmHWM:\s+(\d+) kB`)

func (v *server) peak(t *testing.T) int {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", v.cmd.Process.Pid))
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
