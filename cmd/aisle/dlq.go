package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"text/tabwriter"

	"github.com/spf13/cobra"
)

const lettersPath = "/v1/admin/dead-letters"

// lettersPage is how many dead letters are asked for at once.
const lettersPage = 200

// letter is a dead letter.
type letter struct {
	Source   string `json:"source"`
	ID       string `json:"id"`
	Reason   string `json:"reason"`
	Position string `json:"position"`
	At       string `json:"at"`
	Attempts int    `json:"attempts"`
}

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
	server := clientFlags(f)
	f.StringVar(&source, "source", "", "only those of catalog or orders")
	c.RunE = func(c *cobra.Command, _ []string) error {
		w := tabwriter.NewWriter(std.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "SOURCE\tID\tAT\tTRIES\tREASON")
		err := server.eachLetter(c.Context(), source, func(l letter) {
			fmt.Fprintf(w, "%s\t%q\t%s\t%d\t%s\n", l.Source, l.ID, l.At, l.Attempts, l.Reason)
		})
		return errors.Join(err, w.Flush())
	}
	return c
}

// eachLetter calls f with every letter, a page at a time.
func (c *client) eachLetter(ctx context.Context, source string, f func(letter)) error {
	query := url.Values{"limit": {strconv.Itoa(lettersPage)}}
	if source != "" {
		query.Set("source", source)
	}
	for offset := 0; ; offset += lettersPage {
		query.Set("offset", strconv.Itoa(offset))
		var page struct {
			Letters []letter `json:"dead_letters"`
			More    bool     `json:"more"`
		}
		if err := c.get(ctx, lettersPath, query, &page); err != nil {
			return err
		}
		for _, l := range page.Letters {
			f(l)
		}
		if !page.More {
			return nil
		}
	}
}

// dlqOne is a command about one letter.
func dlqOne(use, short string, std streams, do func(ctx context.Context, server *client, path string, std streams) error) *cobra.Command {
	c := &cobra.Command{Use: use, Short: short, Args: cobra.ExactArgs(2)}
	server := clientFlags(c.Flags())
	c.RunE = func(c *cobra.Command, args []string) error {
		path := lettersPath + "/" + url.PathEscape(args[0]) + "/" + url.PathEscape(args[1])
		return do(c.Context(), server, path, std)
	}
	return c
}

func showLetter(ctx context.Context, server *client, path string, std streams) error {
	var l letter
	if err := server.get(ctx, path, nil, &l); err != nil {
		return err
	}
	_, err := fmt.Fprintf(std.out, "source    %s\nid        %q\nreason    %s\nposition  %s\nat        %s\ntries     %d\n",
		l.Source, l.ID, l.Reason, l.Position, l.At, l.Attempts)
	return err
}

// replayLetter fails when the letter could not be applied again.
func replayLetter(ctx context.Context, server *client, path string, std streams) error {
	var answer struct {
		Applied bool    `json:"applied"`
		Letter  *letter `json:"dead_letter"`
	}
	if err := server.call(ctx, http.MethodPost, path+"/replay", nil, &answer); err != nil {
		return err
	}
	if !answer.Applied && answer.Letter != nil {
		return fmt.Errorf("it failed again: %s", answer.Letter.Reason)
	}
	_, err := fmt.Fprintln(std.out, "applied")
	return err
}

func dropLetter(ctx context.Context, server *client, path string, std streams) error {
	if err := server.call(ctx, http.MethodDelete, path, nil, nil); err != nil {
		return err
	}
	_, err := fmt.Fprintln(std.out, "dropped")
	return err
}
