package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"os"
	"strconv"
	"sync"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/aisle-search/aisle/cmd/aisle/flags"
	"github.com/aisle-search/aisle/internal/client"
	"github.com/aisle-search/aisle/search/relevance"
)

// evalWorkers is how many judged queries are asked at once.
const evalWorkers = 4

type evalOptions struct {
	profile, compare, format string
}

func evalCommand(std streams) *cobra.Command {
	var o evalOptions
	c := &cobra.Command{
		Use:   "eval JUDGMENTS.csv",
		Short: "Measure relevance on judged queries, against the running server",
		Long: "Measure relevance on judged queries, against the running server.\n\n" +
			"The file is CSV with the header query,docid,rating. With --compare every query is\n" +
			"asked by both profiles, and the paired differences are tested.",
		Args: cobra.ExactArgs(1),
	}
	f := c.Flags()
	server := flags.Client(f)
	f.StringVar(&o.profile, "profile", "", "ranking profile (the server's default where empty)")
	f.StringVar(&o.compare, "compare", "", "another profile to compare with")
	f.StringVar(&o.format, "format", "table", "table, json or html")
	c.RunE = func(c *cobra.Command, args []string) error {
		switch o.format {
		case "table", "json", "html":
			return eval(c.Context(), server, args[0], o, std.out)
		default:
			return flags.Bad(fmt.Errorf("--format is %q, must be table, json or html", o.format))
		}
	}
	return c
}

func eval(ctx context.Context, server *client.Client, path string, o evalOptions, out io.Writer) error {
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("read judgments: %w", err)
	}
	defer file.Close()
	judgments, err := relevance.ReadJudgments(file)
	if err != nil {
		return fmt.Errorf("read judgments %s: %w", path, err)
	}
	asker := &judge{server: server, titles: relevance.Titles{}}
	base, err := asker.measure(ctx, judgments, o.profile)
	if err != nil {
		return err
	}
	if o.compare == "" {
		return show(base, o.format, asker.titles, out)
	}
	other, err := asker.measure(ctx, judgments, o.compare)
	if err != nil {
		return err
	}
	return show(relevance.Compare(base, other), o.format, asker.titles, out)
}

// judge asks the server the judged queries.
type judge struct {
	server *client.Client
	mu     sync.Mutex // guards titles
	titles relevance.Titles
}

// measure asks every query by one profile and scores the answers.
func (j *judge) measure(ctx context.Context, judgments *relevance.Judgments, profile string) (relevance.Report, error) {
	queries := judgments.Queries()
	ranked := make([][]string, len(queries))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(evalWorkers)
	for i, q := range queries {
		g.Go(func() (err error) {
			ranked[i], err = j.ask(ctx, q, profile)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return relevance.Report{}, err
	}
	run := relevance.Run{}
	for i, q := range queries {
		run[q] = ranked[i]
	}
	report := relevance.Evaluate(judgments, run)
	report.Name = profile
	if profile == "" {
		report.Name = "default"
	}
	return report, nil
}

// ask runs one query and returns the ids in order.
func (j *judge) ask(ctx context.Context, query, profile string) ([]string, error) {
	params := url.Values{"q": {query}, "limit": {strconv.Itoa(relevance.RunDepth)}}
	if profile != "" {
		params.Set("profile", profile)
	}
	var answer client.Page[client.Fields]
	if err := j.server.Get(ctx, client.SearchPath, params, &answer); err != nil {
		return nil, fmt.Errorf("search %q: %w", query, err)
	}
	ids := make([]string, len(answer.Hits))
	j.mu.Lock()
	defer j.mu.Unlock()
	for i, h := range answer.Hits {
		ids[i] = h.ID
		var title string
		if json.Unmarshal(h.Product["title"], &title) == nil {
			j.titles[h.ID] = title
		}
	}
	return ids, nil
}

// printable is a report or a comparison.
type printable interface {
	WriteTable(w io.Writer) error
	WriteJSON(w io.Writer) error
	WriteHTML(w io.Writer, titles relevance.Titles) error
}

// show writes in the format that was asked for.
func show(p printable, format string, titles relevance.Titles, out io.Writer) error {
	switch format {
	case "json":
		return p.WriteJSON(out)
	case "html":
		return p.WriteHTML(out, titles)
	default:
		return p.WriteTable(out)
	}
}
