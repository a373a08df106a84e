package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/aisle-search/aisle/cmd/aisle/flags"
	"github.com/aisle-search/aisle/internal/client"
)

func reindexCommand(std streams) *cobra.Command {
	var stop, force bool
	c := &cobra.Command{
		Use:   "reindex",
		Short: "Rebuild the index of the running server and follow it",
		Long: "Rebuild the index of the running server beside the one in service, and follow it. The\n" +
			"exit status tells how it ended. One that is under way already is followed.\n" +
			"Interrupting this command does not stop the rebuild; --stop does. A new index that ranks\n" +
			"worse than the configuration's gate allows is refused; with --force it serves all the same.",
		Args: cobra.NoArgs,
	}
	f := c.Flags()
	server := flags.Client(f)
	f.BoolVar(&stop, "stop", false, "stop the rebuild or rollback that is under way")
	f.BoolVar(&force, "force", false, "let the new index serve whatever the judgments say")
	c.RunE = func(c *cobra.Command, _ []string) error {
		if stop {
			return server.Do(c.Context(), http.MethodDelete, client.ReindexPath, nil, nil)
		}
		path := client.ReindexPath
		if force {
			path += "?force=true"
		}
		return reindex(c.Context(), server, kindReindex, path, std)
	}
	return c
}

func rollbackCommand(std streams) *cobra.Command {
	c := &cobra.Command{
		Use:   "rollback",
		Short: "Let the index that served before serve again, and follow it",
		Long: "Let the index that served before the last swap serve again. It is kept on disk, catches up\n" +
			"by its own position first, and changes places with the one in service. The exit status\n" +
			"tells how it ended. While a rebuild is under way it is refused.",
		Args: cobra.NoArgs,
	}
	server := flags.Client(c.Flags())
	c.RunE = func(c *cobra.Command, _ []string) error {
		return reindex(c.Context(), server, kindRollback, client.RollbackPath, std)
	}
	return c
}

// What a server may be at, by the names that its status has for it.
const (
	kindReindex  = "reindex"
	kindRollback = "rollback"
)

// reindex begins a rebuild or a rollback and follows it. A rebuild that is under way
// already is as good as one of our own, anything else that is under way is not.
func reindex(ctx context.Context, server *client.Client, kind, path string, std streams) error {
	before, err := server.Status(ctx)
	if err != nil {
		return err
	}
	last := "" // when the rebuild before ours began
	if before.Reindex != nil {
		last = before.Reindex.StartedAt
	}
	err = server.Do(ctx, http.MethodPost, path, nil, nil)
	var refused *client.Problem
	if errors.As(err, &refused) && strings.HasSuffix(refused.Type, "reindex-running") {
		if err := mayFollow(ctx, server, kind); err != nil {
			return err
		}
		fmt.Fprintln(std.err, "a rebuild is under way already; following it")
		last = ""
	} else if err != nil {
		return err
	}
	return followReindex(ctx, server, last, std)
}

// mayFollow refuses to follow what does something else than was asked for.
func mayFollow(ctx context.Context, server *client.Client, kind string) error {
	running := "rebuild"
	status, err := server.Status(ctx)
	switch {
	case err != nil:
		return err
	case status.Reindex != nil && status.Reindex.Kind == kindRollback:
		running = "rollback"
	case kind == kindReindex:
		return nil
	}
	return fmt.Errorf("a %s is under way, and nothing else was begun: wait until it has ended, or stop it by aisle reindex --stop", running)
}

// followReindex prints progress until a rebuild other than the one that began
// at last has ended.
func followReindex(ctx context.Context, server *client.Client, last string, std streams) error {
	tick := time.NewTicker(reportEvery)
	defer tick.Stop()
	for {
		status, err := server.Status(ctx)
		if err != nil {
			return err
		}
		if r := status.Reindex; r != nil && r.StartedAt != "" && r.StartedAt != last {
			switch r.State {
			case "running":
				fmt.Fprintln(std.err, progress(r))
			case "done":
				_, err := fmt.Fprintf(std.out, "generation %d serves %d products\n", r.Generation, status.Documents)
				return err
			default:
				return fmt.Errorf("the %s was %s, the index in service stays: %s", r.Kind, ended(r.State), r.Error)
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return errors.New("interrupted; the rebuild goes on, aisle reindex --stop stops it")
		}
	}
}

func ended(state string) string {
	if state == "failed" {
		return "given up"
	}
	return state
}

// progress is how far a rebuild is, in one line, as far as it is known: the total
// is counted first, and rate and time left take some products to tell.
func progress(r *client.Rebuild) string {
	var known []string
	switch {
	case r.Total > 0: // an estimate; more may come
		known = append(known, fmt.Sprintf("%d of %d products", r.Done, max(r.Total, r.Done)), fmt.Sprintf("%.0f %%", 100*r.Share))
	case r.Done > 0:
		known = append(known, fmt.Sprintf("%d products", r.Done))
	}
	if r.Rate > 0 {
		known = append(known, fmt.Sprintf("%.0f a second", r.Rate))
	}
	if left := time.Duration(r.LeftMS * float64(time.Millisecond)).Round(time.Second); left > 0 {
		known = append(known, left.String()+" left")
	}
	if known == nil {
		return r.Phase
	}
	return r.Phase + ": " + strings.Join(known, ", ")
}
