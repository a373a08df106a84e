package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/aisle-search/aisle/catalog"
	"github.com/aisle-search/aisle/cmd/aisle/flags"
	"github.com/aisle-search/aisle/cmd/aisle/lines"
)

// reportEvery is how often a long command says how far it is.
const reportEvery = time.Second

// badLinesShown bounds how many bad lines are printed.
const badLinesShown = 100

func loadCommand(std streams) *cobra.Command {
	var schema, uri string
	c := &cobra.Command{
		Use:   "load FILE",
		Short: "Load JSON lines into MongoDB",
		Long: "Load JSON lines, plain or compressed by gzip, into MongoDB; - reads the standard input.\n\n" +
			"Each line replaces the document with its id. Lines that do not fit the schema are\n" +
			"reported by number and do not stop it, but the exit status tells of them. Loading again\n" +
			"what is stored already changes nothing.",
		Args: cobra.ExactArgs(1),
	}
	f := c.Flags()
	flags.Mongo(f, &uri)
	f.StringVar(&schema, "schema", "", "schema file of the documents")
	c.RunE = func(c *cobra.Command, args []string) error {
		switch {
		case uri == "":
			return flags.Missing("mongo-uri")
		case schema == "":
			return flags.Missing("schema")
		}
		mapping, err := catalog.LoadSchemaFile(schema)
		if err != nil {
			return err
		}
		file, err := lines.Open(args[0], std.in)
		if err != nil {
			return err
		}
		defer file.Close()
		report, err := load(c.Context(), uri, mapping, file, std)
		if err == nil && report.Bad > 0 {
			err = fmt.Errorf("%d of %d lines were bad", report.Bad, report.Lines)
		}
		return err
	}
	return c
}

// load stores the lines of r and prints progress, bad lines and the outcome.
func load(ctx context.Context, uri string, schema *catalog.Schema, r io.Reader, std streams) (report catalog.LoadReport, err error) {
	store, err := catalog.Open(ctx, catalog.Config{URI: uri, Schema: schema})
	if err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, store.Close(context.WithoutCancel(ctx))) }()
	begun := time.Now()
	told := begun
	report, err = catalog.Load(ctx, store, schema, r, func(p catalog.LoadProgress) {
		if now := time.Now(); now.Sub(told) >= reportEvery {
			told = now
			fmt.Fprintf(std.err, "%d lines, %.0f a second, %d bad\n", p.Lines, float64(p.Lines)/now.Sub(begun).Seconds(), p.Bad)
		}
	})
	for i, bad := range report.BadLines {
		if i == badLinesShown {
			fmt.Fprintf(std.err, "… and %d more bad lines\n", report.Bad-badLinesShown)
			break
		}
		fmt.Fprintf(std.err, "line %d: %s\n", bad.Number, bad.Reason)
	}
	if err != nil {
		return report, err
	}
	_, err = fmt.Fprintf(std.out, "%d lines into %s in %s: %d new, %d changed, %d unchanged, %d bad\n",
		report.Lines, store.Name(), time.Since(begun).Round(time.Millisecond), report.Inserted, report.Changed, report.Unchanged, report.Bad)
	return report, err
}
