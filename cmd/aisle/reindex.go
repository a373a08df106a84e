package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/spf13/cobra"
)

// reindexAnswer is a rebuild as /v1/status has it.
type reindexAnswer struct {
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
	var stop bool
	c := &cobra.Command{
		Use:   "reindex",
		Short: "Rebuild the index of the running server and follow it",
		Long: "Rebuild the index of the running server beside the one in service, and follow it. The\n" +
			"exit status tells how it ended. One that is under way already is followed.\n" +
			"Interrupting this command does not stop the rebuild; --stop does.",
		Args: cobra.NoArgs,
	}
	f := c.Flags()
	server := clientFlags(f)
	f.BoolVar(&stop, "stop", false, "stop the rebuild that is under way")
	c.RunE = func(c *cobra.Command, _ []string) error {
		if stop {
			return server.call(c.Context(), http.MethodDelete, "/v1/admin/reindex", nil, nil)
		}
		return reindex(c.Context(), server, std)
	}
	return c
}

func reindex(ctx context.Context, server *client, std streams) error {
	before, err := server.status(ctx)
	if err != nil {
		return err
	}
	last := "" // when the rebuild before ours began
	if before.Reindex != nil {
		last = before.Reindex.StartedAt
	}
	err = server.call(ctx, http.MethodPost, "/v1/admin/reindex", nil, nil)
	var refused *problem
	if errors.As(err, &refused) && refused.Status == http.StatusConflict {
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
				return fmt.Errorf("the rebuild has %s, the index in service stays: %s", r.State, r.Error)
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return errors.New("interrupted; the rebuild goes on, aisle reindex --stop stops it")
		}
	}
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
