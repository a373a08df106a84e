package main

import (
	"context"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/aisle-search/aisle/cmd/aisle/flags"
	"github.com/aisle-search/aisle/orders"
)

func migrateCommand(std streams) *cobra.Command {
	up := func(c *cobra.Command, url string) error { return migrateUp(c.Context(), url, std) }
	status := func(c *cobra.Command, url string) error { return migrateStatus(c.Context(), url, std) }
	c := migrateStep("migrate", "Bring Aisle's tables in Postgres to the newest version", up)
	c.AddCommand(
		migrateStep("up", "The same", up),
		migrateStep("status", "List the steps and which of them are done", status),
	)
	return c
}

func migrateStep(use, short string, do func(c *cobra.Command, url string) error) *cobra.Command {
	var url string
	c := &cobra.Command{
		Use: use, Short: short, Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if url == "" {
				return flags.Missing("postgres-url")
			}
			return do(c, url)
		},
	}
	flags.Postgres(c.Flags(), &url)
	return c
}

func migrateUp(ctx context.Context, url string, std streams) error {
	report, err := orders.Migrate(ctx, url)
	if err != nil {
		return err
	}
	for _, m := range report.Applied {
		fmt.Fprintf(std.out, "applied %d %s\n", m.Version, m.Name)
	}
	_, err = fmt.Fprintf(std.out, "the tables are at version %d\n", report.Version)
	return err
}

func migrateStatus(ctx context.Context, url string, std streams) error {
	steps, err := orders.MigrationStatus(ctx, url)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(std.out, 0, 0, 2, ' ', 0)
	for _, m := range steps {
		done := "not applied"
		if m.Applied {
			done = "applied " + m.AppliedAt.UTC().Format(time.RFC3339)
		}
		fmt.Fprintf(w, "%d\t%s\t%s\n", m.Version, m.Name, done)
	}
	return w.Flush()
}
