package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// reindexAnswer is a rebuild as /v1/status has it.
type reindexAnswer struct {
	Kind       string  `json:"kind"`
	State      string  `json:"state"`
	Phase      string  `json:"phase"`
	Generation uint64  `json:"generation"`
	Done       int64   `json:"done"`
	Total      int64   `json:"total"`
	Share      float64 `json:"share"`
	Rate       float64 `json:"rate"`
	LeftMS     float64 `json:"left_ms"`
	StartedAt  string  `json:"started_at"`
	Error      string  `json:"error"`
}

// statusAnswer is what the commands read of /v1/status.
type statusAnswer struct {
	Documents int            `json:"documents"`
	Reindex   *reindexAnswer `json:"reindex"`
}

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
	server := clientFlags(f)
	f.BoolVar(&stop, "stop", false, "stop the rebuild or rollback that is under way")
	f.BoolVar(&force, "force", false, "let the new index serve whatever the judgments say")
	c.RunE = func(c *cobra.Command, _ []string) error {
		if stop {
			return server.call(c.Context(), http.MethodDelete, "/v1/admin/reindex", nil, nil)
		}
		path := "/v1/admin/reindex"
		if force {
			path += "?force=true"
		}
		return reindex(c.Context(), server, path, std)
	}
	return c
}

func rollbackCommand(std streams) *cobra.Command {
	c := &cobra.Command{
		Use:   "rollback",
		Short: "Let the index that served before serve again, and follow it",
		Long: "Let the index that served before the last swap serve again. It is kept on disk, catches up\n" +
			"by its own position first, and changes places with the one in service. The exit status\n" +
			"tells how it ended.",
		Args: cobra.NoArgs,
	}
	server := clientFlags(c.Flags())
	c.RunE = func(c *cobra.Command, _ []string) error {
		return reindex(c.Context(), server, "/v1/admin/rollback", std)
	}
	return c
}

// reindex begins a rebuild or a rollback and follows it.
func reindex(ctx context.Context, server *client, path string, std streams) error {
	before, err := server.status(ctx)
	if err != nil {
		return err
	}
	last := "" // when the rebuild before ours began
	if before.Reindex != nil {
		last = before.Reindex.StartedAt
	}
	err = server.call(ctx, http.MethodPost, path, nil, nil)
	var refused *problem
	if errors.As(err, &refused) && strings.HasSuffix(refused.Type, "reindex-running") {
		fmt.Fprintln(std.err, "a rebuild is under way already; following it")
		last = ""
	} else if err != nil {
		return err
	}
	return followReindex(ctx, server, last, std)
}

// followReindex prints progress until a rebuild other than the one that began
// at last has ended.
func followReindex(ctx context.Context, server *client, last string, std streams) error {
	tick := time.NewTicker(reportEvery)
	defer tick.Stop()
	for {
		status, err := server.status(ctx)
		if err != nil {
			return err
		}
		if r := status.Reindex; r != nil && r.StartedAt != "" && r.StartedAt != last {
			switch r.State {
			case "running":
				fmt.Fprintln(std.err, r.progress())
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

func (c *client) status(ctx context.Context) (statusAnswer, error) {
	var s statusAnswer
	err := c.get(ctx, "/v1/status", nil, &s)
	return s, err
}

func (r reindexAnswer) progress() string {
	left := time.Duration(r.LeftMS * float64(time.Millisecond)).Round(time.Second)
	return fmt.Sprintf("%s: %d of %d products, %.0f %%, %.0f a second, %s left",
		r.Phase, r.Done, max(r.Total, r.Done), 100*r.Share, r.Rate, left)
}
