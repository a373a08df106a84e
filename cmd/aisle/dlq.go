package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/aisle-search/aisle/cmd/aisle/flags"
	"github.com/aisle-search/aisle/internal/client"
)

func dlqCommand(std streams) *cobra.Command {
	c := &cobra.Command{
		Use:   "dlq",
		Short: "List, replay and drop dead letters: changes that could not be applied",
	}
	c.AddCommand(
		dlqList(std),
		dlqOne("show SOURCE ID", "Show one", std, showLetter),
		dlqOne("replay SOURCE ID", "Try one again, as its database holds it now", std, replayLetter),
		dlqOne("drop SOURCE ID", "Forget one; its product stays as the index has it", std, dropLetter),
	)
	return c
}

func dlqList(std streams) *cobra.Command {
	var source string
	c := &cobra.Command{
		Use: "list", Short: "List them, newest first", Args: cobra.NoArgs,
	}
	f := c.Flags()
	server := flags.Client(f)
	f.StringVar(&source, "source", "", "only those of catalog or orders")
	c.RunE = func(c *cobra.Command, _ []string) error {
		return listLetters(c.Context(), server, source, std.out)
	}
	return c
}

// listLetters writes a table, or a line when there is nothing to list.
func listLetters(ctx context.Context, server *client.Client, source string, out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	some := false
	err := server.EachLetter(ctx, source, func(l client.Letter) {
		if !some {
			fmt.Fprintln(w, "SOURCE\tID\tAT\tTRIES\tREASON")
			some = true
		}
		fmt.Fprintf(w, "%s\t%q\t%s\t%d\t%s\n", l.Source, l.ID, l.At, l.Attempts, l.Reason)
	})
	if err == nil && !some {
		_, err = fmt.Fprintln(out, "no dead letters")
	}
	return errors.Join(err, w.Flush())
}

// dlqOne is a command about one letter.
func dlqOne(use, short string, std streams, do func(ctx context.Context, server *client.Client, path string, std streams) error) *cobra.Command {
	c := &cobra.Command{Use: use, Short: short, Args: cobra.ExactArgs(2)}
	server := flags.Client(c.Flags())
	c.RunE = func(c *cobra.Command, args []string) error {
		path := client.DeadLettersPath + "/" + url.PathEscape(args[0]) + "/" + url.PathEscape(args[1])
		return do(c.Context(), server, path, std)
	}
	return c
}

func showLetter(ctx context.Context, server *client.Client, path string, std streams) error {
	var l client.Letter
	if err := server.Get(ctx, path, nil, &l); err != nil {
		return err
	}
	_, err := fmt.Fprintf(std.out, "source    %s\nid        %q\nreason    %s\nposition  %s\nat        %s\ntries     %d\n",
		l.Source, l.ID, l.Reason, l.Position, l.At, l.Attempts)
	return err
}

// replayLetter fails when the letter could not be applied again.
func replayLetter(ctx context.Context, server *client.Client, path string, std streams) error {
	var answer struct {
		Applied bool           `json:"applied"`
		Letter  *client.Letter `json:"dead_letter"`
	}
	if err := server.Do(ctx, http.MethodPost, path+"/replay", nil, &answer); err != nil {
		return err
	}
	if !answer.Applied && answer.Letter != nil {
		return fmt.Errorf("it failed again: %s", answer.Letter.Reason)
	}
	_, err := fmt.Fprintln(std.out, "applied")
	return err
}

func dropLetter(ctx context.Context, server *client.Client, path string, std streams) error {
	if err := server.Do(ctx, http.MethodDelete, path, nil, nil); err != nil {
		return err
	}
	_, err := fmt.Fprintln(std.out, "dropped")
	return err
}
