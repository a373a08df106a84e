package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/aisle-search/aisle/internal/devdb"
)

func devdbCommand(std streams) *cobra.Command {
	var o devdb.Options
	var install bool
	c := &cobra.Command{
		Use:   "devdb",
		Short: "Start both development databases and keep them until interrupted",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			o.Log = std.err
			if install {
				return devdb.Install(c.Context(), o)
			}
			return keepDatabases(c.Context(), o, std)
		},
	}
	f := c.Flags()
	f.StringVar(&o.Dir, "dir", "", "folder that keeps the data; without it the data is temporary")
	f.StringVar(&o.Cache, "cache", "", "folder for what has to be fetched (default: aisle in the user's cache)")
	f.BoolVar(&install, "install", false, "only fetch what is missing")
	return c
}

// keepDatabases prints where the databases are, in the form that a shell reads,
// and returns when ctx ends.
func keepDatabases(ctx context.Context, o devdb.Options, std streams) (err error) {
	d, err := devdb.Start(ctx, o)
	if err != nil {
		return fmt.Errorf("start databases: %w", err)
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	if _, err := fmt.Fprintf(std.out, "AISLE_MONGO_URI=%s\nAISLE_POSTGRES_URL=%s\n", d.MongoURI, d.PostgresURL); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}
