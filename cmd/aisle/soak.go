package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/aisle-search/aisle/catalog"
	"github.com/aisle-search/aisle/cmd/aisle/flags"
	"github.com/aisle-search/aisle/internal/process"
	"github.com/aisle-search/aisle/internal/sample"
	"github.com/aisle-search/aisle/internal/soak"
)

type soakOptions struct {
	duration     time.Duration
	seed         uint64
	kills, nodes int
	faults       []string
	quiet        bool
}

func soakCommand(std streams) *cobra.Command {
	var o soakOptions
	c := &cobra.Command{
		Use:   "soak",
		Short: "Run servers under random faults and prove that the index stays right",
		Long: "Start databases, the sample shop and servers of its own; write, search and read by tokens\n" +
			"while processes are killed, lines are cut and data is destroyed; and compare every server\n" +
			"with its databases at the end. The exit status is 1 when anything was wrong; the same seed\n" +
			"makes the same faults again.",
		Args: cobra.NoArgs,
	}
	f := c.Flags()
	f.DurationVar(&o.duration, "duration", 10*time.Minute, "how long faults are made")
	f.Uint64Var(&o.seed, "seed", 1, "of the faults, the writers and the searchers")
	f.IntVar(&o.kills, "kills", 0, "go on until processes were killed so often")
	f.IntVar(&o.nodes, "nodes", 2, "servers on the same databases, 1 to 4")
	f.StringSliceVar(&o.faults, "faults", nil, "only these: "+strings.Join(soak.Faults(), ", "))
	f.BoolVar(&o.quiet, "quiet", false, "print the report only")
	c.RunE = func(c *cobra.Command, _ []string) error {
		if err := o.validate(); err != nil {
			return flags.Bad(err)
		}
		return runSoak(c.Context(), o, std)
	}
	return c
}

func (o soakOptions) validate() error {
	if o.duration < 0 || o.kills < 0 || o.nodes < 1 || o.nodes > 4 {
		return errors.New("--duration and --kills must not be negative, --nodes from 1 to 4")
	}
	for _, name := range o.faults {
		if !slices.Contains(soak.Faults(), name) {
			return fmt.Errorf("there is no fault %q", name)
		}
	}
	return nil
}

func runSoak(ctx context.Context, o soakOptions, std streams) error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	collection, err := sampleCollection()
	if err != nil {
		return err
	}
	var schemaFile string
	begun := time.Now()
	report, err := soak.Run(ctx, soak.Config{
		Duration: o.duration, Kills: o.kills, Seed: o.seed, Nodes: o.nodes, Faults: o.faults, Collection: collection,
		Log: func(line string) {
			if !o.quiet {
				fmt.Fprintf(std.err, "%7.1fs  %s\n", time.Since(begun).Seconds(), line)
			}
		},
		Load: func(ctx context.Context, dir, mongoURI, postgresURL string) error {
			schemaFile = filepath.Join(dir, "schema.yaml")
			return loadSample(ctx, serveOptions{schema: schemaFile, mongoURI: mongoURI, postgresURL: postgresURL}, streams{out: std.err, err: std.err})
		},
		Command: func(s soak.Serve) (*exec.Cmd, error) { return soakedServer(program, schemaFile, s) },
	})
	if perr := report.Print(std.out); perr != nil {
		return perr
	}
	switch {
	case err != nil:
		return fmt.Errorf("soak with seed %d: %w", o.seed, err)
	case report.Wrong > 0:
		return fmt.Errorf("soak with seed %d: %d violations", o.seed, report.Wrong)
	}
	return nil
}

func sampleCollection() (string, error) {
	text, err := sample.Schema()
	if err != nil {
		return "", err
	}
	schema, err := catalog.LoadSchema(text)
	if err != nil {
		return "", err
	}
	return schema.Collection, nil
}

// soakedServer is this program, serving as one of several nodes.
func soakedServer(program, schemaFile string, s soak.Serve) (*exec.Cmd, error) {
	config := filepath.Join(s.Dir, "config.yaml")
	if err := os.WriteFile(config, []byte("orders:\n  node: "+s.Name+"\n"), 0o600); err != nil {
		return nil, err
	}
	args := []string{
		"serve", "--listen", "127.0.0.1:0", "--data", filepath.Join(s.Dir, "data"), "--schema", schemaFile, "--config", config,
		"--mongo-uri", s.MongoURI, "--postgres-url", s.PostgresURL,
	}
	if s.FailAt != "" {
		args = append(args, "--fail-at", s.FailAt)
	}
	cmd := exec.Command(program, args...)
	cmd.SysProcAttr = process.DieTogether()
	return cmd, nil
}
