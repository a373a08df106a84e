package soak

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"time"
)

// shownViolations bounds what a report lists.
const shownViolations = 50

// Report is what was done and what was wrong.
type Report struct {
	Seed                        uint64
	Took                        time.Duration
	Faults                      map[string]int
	Kills                       int
	Starts                      int
	Searches, Refused, Walks    int
	CatalogWrites, OrderWrites  int
	WriteErrors                 int // of databases that were away
	HistoryWrites, HistoryReads int
	Worst                       map[string]time.Duration // recovery after a fault
	Verified                    int64                    // products, over all nodes
	Violations                  []string                 // the first of them
	Wrong                       int                      // all of them
}

func newReport(c Config) Report {
	return Report{Seed: c.Seed, Faults: map[string]int{}, Worst: map[string]time.Duration{}}
}

// violate notes something wrong, and says it at once.
func (r *run) violate(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	r.mu.Lock()
	r.report.Wrong++
	shown := len(r.report.Violations) < shownViolations
	if shown {
		r.report.Violations = append(r.report.Violations, text)
	}
	r.mu.Unlock()
	if shown {
		r.say("VIOLATION: %s", text)
	}
}

// count changes the report.
func (r *run) count(change func(*Report)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change(&r.report)
}

// Print writes the report for people.
func (p Report) Print(w io.Writer) error {
	fmt.Fprintf(w, "seed %d, %s\n", p.Seed, p.Took.Round(time.Second))
	fmt.Fprintf(w, "writes      %d to MongoDB, %d to Postgres; %d not taken\n", p.CatalogWrites, p.OrderWrites, p.WriteErrors)
	fmt.Fprintf(w, "searches    %d, %d refused as too many, %d walks\n", p.Searches, p.Refused, p.Walks)
	fmt.Fprintf(w, "history     %d writes, %d reads\n", p.HistoryWrites, p.HistoryReads)
	fmt.Fprintf(w, "processes   %d starts, %d kills\n", p.Starts, p.Kills)
	for _, name := range slices.Sorted(maps.Keys(p.Faults)) {
		fmt.Fprintf(w, "  %-22s %3d, worst recovery %s\n", name, p.Faults[name], p.Worst[name].Round(10*time.Millisecond))
	}
	fmt.Fprintf(w, "verified    %d products\n", p.Verified)
	for _, v := range p.Violations {
		fmt.Fprintf(w, "VIOLATION   %s\n", v)
	}
	_, err := fmt.Fprintf(w, "violations  %d\n", p.Wrong)
	return err
}
