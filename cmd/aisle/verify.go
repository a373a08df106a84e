package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
)

const verifyPath = "/v1/admin/verify"

// findings counts products and names the first of them.
type findings struct {
	Count int64    `json:"count"`
	IDs   []string `json:"ids"`
}

// verifyAnswer is a comparison of index and sources.
type verifyAnswer struct {
	State      string              `json:"state"`
	DurationMS float64             `json:"duration_ms"`
	Generation uint64              `json:"generation"`
	Products   int64               `json:"products"`
	Signals    int64               `json:"signals"`
	Ranges     int64               `json:"ranges"`
	Reread     int64               `json:"ranges_reread"`
	Positions  map[string]string   `json:"positions"`
	Drift      map[string]findings `json:"drift"`
	Dead       findings            `json:"dead_letters"`
	Unsettled  int64               `json:"unsettled"`
	Repaired   int64               `json:"repaired"`
	Remaining  int64               `json:"remaining"`
	Error      string              `json:"error"`
}

func verifyCommand(std streams) *cobra.Command {
	var repair bool
	c := &cobra.Command{
		Use:   "verify",
		Short: "Compare the index of the running server with its databases",
		Long: "Compare every product of the running server's index with MongoDB and Postgres, and list\n" +
			"what is missing, extra or different. The exit status is 1 when any of it remains.\n" +
			"Interrupting this command does not stop the comparison.",
		Args: cobra.NoArgs,
	}
	f := c.Flags()
	server := clientFlags(f)
	f.BoolVar(&repair, "repair", false, "apply again what differs, as the databases hold it now")
	c.RunE = func(c *cobra.Command, _ []string) error {
		report, err := verify(c.Context(), server, repair, std)
		if err != nil {
			return err
		}
		if err := report.print(std); err != nil {
			return err
		}
		switch {
		case report.State != "done":
			return fmt.Errorf("the comparison has %s: %s", report.State, report.Error)
		case report.Remaining > 0:
			return fmt.Errorf("the index differs from its databases in %d products", report.Remaining)
		}
		return nil
	}
	return c
}

// verify begins a comparison and follows it to its end.
func verify(ctx context.Context, server *client, repair bool, std streams) (verifyAnswer, error) {
	path := verifyPath
	if repair {
		path += "?repair=true"
	}
	var report verifyAnswer
	if err := server.call(ctx, http.MethodPost, path, nil, &report); err != nil {
		return report, err
	}
	tick := time.NewTicker(reportEvery)
	defer tick.Stop()
	for report.State == "running" {
		fmt.Fprintf(std.err, "%d products compared\n", report.Products)
		select {
		case <-tick.C:
		case <-ctx.Done():
			return report, errors.New("interrupted; the comparison goes on")
		}
		report = verifyAnswer{}
		if err := server.get(ctx, verifyPath, nil, &report); err != nil {
			return report, err
		}
	}
	return report, nil
}

func (r verifyAnswer) print(std streams) error {
	w := tabwriter.NewWriter(std.out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "compared\t%d products, %d with stock or sales, in %s\n", r.Products, r.Signals,
		time.Duration(r.DurationMS*float64(time.Millisecond)).Round(time.Millisecond))
	fmt.Fprintf(w, "ranges\t%d, %d read again\n", r.Ranges, r.Reread)
	fmt.Fprintf(w, "at\tcatalog %s, orders %s, generation %d\n", r.Positions["catalog"], r.Positions["orders"], r.Generation)
	for _, kind := range []string{"missing", "extra", "different", "signal"} {
		r.Drift[kind].print(w, kind)
	}
	r.Dead.print(w, "dead letters")
	if r.Unsettled > 0 {
		fmt.Fprintf(w, "unsettled\t%d\n", r.Unsettled)
	}
	fmt.Fprintf(w, "repaired\t%d\nremaining\t%d\n", r.Repaired, r.Remaining)
	return w.Flush()
}

func (f findings) print(w *tabwriter.Writer, name string) {
	fmt.Fprintf(w, "%s\t%d\n", name, f.Count)
	for _, id := range f.IDs {
		fmt.Fprintf(w, "\t%q\n", id)
	}
	if more := f.Count - int64(len(f.IDs)); more > 0 {
		fmt.Fprintf(w, "\tand %d more\n", more)
	}
}
