package freshness

import (
	"fmt"
	"io"
	"slices"
	"sync"
	"text/tabwriter"
	"time"
)

// SourceResult is what was measured of one source.
type SourceResult struct {
	Name string
	// FromCommit is, for each change, from when its writer knew it committed to
	// when it was seen; FromSend is from before it was sent, and so never too low.
	FromCommit, FromSend []time.Duration
	// Lost changes were not seen within the patience.
	Lost int
	// Foreign changes were seen and not ours.
	Foreign int
}

// Report is a measurement.
type Report struct {
	Took     time.Duration
	Sources  []SourceResult
	Searches []time.Duration
}

// searchResult collects the times of searches.
type searchResult struct {
	mu    sync.Mutex
	times []time.Duration
}

func (r *searchResult) add(d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.times = append(r.times, d)
}

func (m *meter) report(took time.Duration) *Report {
	r := &Report{Took: took, Searches: m.search.times}
	for _, s := range m.sources {
		r.Sources = append(r.Sources, s.result)
	}
	return r
}

// Lost is how many changes were never seen, over all sources.
func (r *Report) Lost() (n int) {
	for _, s := range r.Sources {
		n += s.Lost
	}
	return n
}

// Quantile is the smallest of the values that the share q of them do not exceed;
// 0 when there are none.
func Quantile(values []time.Duration, q float64) time.Duration {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	rank := int(q*float64(len(sorted))+0.999999) - 1
	return sorted[min(max(rank, 0), len(sorted)-1)]
}

// WriteTable writes the report for a terminal, times in milliseconds.
func (r *Report) WriteTable(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "source\tfrom\tchanges\tper s\tp50 ms\tp90 ms\tp99 ms\tmax ms\tlost\t")
	for _, s := range r.Sources {
		r.row(t, s.Name, "commit", s.FromCommit, s.Lost)
		r.row(t, s.Name, "send", s.FromSend, s.Lost)
	}
	r.row(t, "searches", "send", r.Searches, 0)
	if err := t.Flush(); err != nil {
		return err
	}
	for _, s := range r.Sources {
		if s.Foreign > 0 {
			fmt.Fprintf(w, "%s: %d changes by other writers were seen too; they may hide or add some\n", s.Name, s.Foreign)
		}
	}
	return nil
}

func (r *Report) row(w io.Writer, name, from string, values []time.Duration, lost int) {
	fmt.Fprintf(w, "%s\t%s\t%d\t%.0f\t%s\t%s\t%s\t%s\t%d\t\n", name, from, len(values), float64(len(values))/r.Took.Seconds(),
		ms(Quantile(values, 0.5)), ms(Quantile(values, 0.9)), ms(Quantile(values, 0.99)), ms(Quantile(values, 1)), lost)
}

func ms(d time.Duration) string { return fmt.Sprintf("%.1f", float64(d)/float64(time.Millisecond)) }
