package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/aisle-search/aisle/cmd/aisle/flags"
	"github.com/aisle-search/aisle/internal/client"
)

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
	server := flags.Client(f)
	f.BoolVar(&repair, "repair", false, "apply again what differs, as the databases hold it now")
	c.RunE = func(c *cobra.Command, _ []string) error {
		report, err := verify(c.Context(), server, repair, std)
		if err != nil {
			return err
		}
		if err := printVerification(report, std); err != nil {
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
func verify(ctx context.Context, server *client.Client, repair bool, std streams) (client.Verification, error) {
	path := client.VerifyPath
	if repair {
		path += "?repair=true"
	}
	var report client.Verification
	if err := server.Do(ctx, http.MethodPost, path, nil, &report); err != nil {
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
		report = client.Verification{}
		if err := server.Get(ctx, client.VerifyPath, nil, &report); err != nil {
			return report, err
		}
	}
	return report, nil
}

// printVerification writes a report for people.
func printVerification(r client.Verification, std streams) error {
	w := tabwriter.NewWriter(std.out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "compared\t%d products, %d with stock or sales, in %s\n", r.Products, r.Signals,
		time.Duration(r.DurationMS*float64(time.Millisecond)).Round(time.Millisecond))
	fmt.Fprintf(w, "ranges\t%d, %d read again\n", r.Ranges, r.Reread)
	fmt.Fprintf(w, "at\tcatalog %s, orders %s, generation %d\n", r.Positions["catalog"], r.Positions["orders"], r.Generation)
	for _, kind := range []string{"missing", "extra", "different", "signal"} {
		printFindings(w, kind, r.Drift[kind])
	}
	printFindings(w, "dead letters", r.Dead)
	if r.Unsettled > 0 {
		fmt.Fprintf(w, "unsettled\t%d\n", r.Unsettled)
	}
	fmt.Fprintf(w, "repaired\t%d\nremaining\t%d\n", r.Repaired, r.Remaining)
	return w.Flush()
}

func printFindings(w *tabwriter.Writer, name string, f client.Findings) {
	fmt.Fprintf(w, "%s\t%d\n", name, f.Count)
	for _, id := range f.IDs {
		fmt.Fprintf(w, "\t%q\n", id)
	}
	if more := f.Count - int64(len(f.IDs)); more > 0 {
		fmt.Fprintf(w, "\tand %d more\n", more)
	}
}
