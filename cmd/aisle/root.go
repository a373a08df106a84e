package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/aisle-search/aisle/cmd/aisle/flags"
)

// streams are the program's standard files.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// failedRun is an error of a command that was called properly. Every other error
// is bad usage.
type failedRun struct{ err error }

func (f failedRun) Error() string { return f.err.Error() }
func (f failedRun) Unwrap() error { return f.err }

// exitCode is 0 for success, 1 for a failed run and 2 for bad usage.
func exitCode(err error) int {
	var failed failedRun
	switch {
	case err == nil:
		return 0
	case errors.As(err, &failed):
		return 1
	default:
		return 2
	}
}

// run is the program.
func run(ctx context.Context, args []string, env flags.Lookup, std streams) error {
	root := &cobra.Command{
		Use:           "aisle",
		Short:         "Product search that follows MongoDB and Postgres",
		SilenceErrors: true, SilenceUsage: true,
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
	}
	root.AddCommand(commands(std)...)
	root.SetArgs(args)
	root.SetIn(std.in)
	root.SetOut(std.out)
	root.SetErr(std.err)
	prepare(root)
	strictHelp(root)
	root.PersistentPreRunE = func(c *cobra.Command, _ []string) error { return flags.FromEnvironment(c, env) }
	return root.ExecuteContext(ctx)
}

// strictHelp makes help about a command that does not exist bad usage; by itself it
// prints a remark and succeeds.
func strictHelp(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	for _, c := range root.Commands() {
		if c.Name() != "help" {
			continue
		}
		c.Run = nil
		c.RunE = func(_ *cobra.Command, args []string) error {
			about, rest, err := root.Find(args)
			if err == nil && len(rest) > 0 {
				err = fmt.Errorf("%s has no command %q", about.CommandPath(), rest[0])
			}
			if err != nil {
				return err
			}
			about.InitDefaultHelpFlag() // it is made when a command runs, and shown with the others
			return about.Help()
		}
	}
}

// commands are the subcommands, one file each.
func commands(std streams) []*cobra.Command {
	return []*cobra.Command{
		auditCommand(std),
		demoCommand(std),
		devdbCommand(std),
		dlqCommand(std),
		evalCommand(std),
		freshnessCommand(std),
		loadCommand(std),
		migrateCommand(std),
		reindexCommand(std),
		rollbackCommand(std),
		serveCommand(std),
		soakCommand(std),
		verifyCommand(std),
		versionCommand(std),
	}
}

// prepare goes through the tree of commands: it names each flag's environment
// variable in its help, and marks the errors of runs.
func prepare(c *cobra.Command) {
	flags.NameVariables(c)
	if runE := c.RunE; runE != nil {
		c.RunE = func(c *cobra.Command, args []string) error {
			err := runE(c, args)
			var bad flags.BadUsage
			if err == nil || errors.As(err, &bad) {
				return err
			}
			return failedRun{err}
		}
	} else if c.HasParent() && c.HasSubCommands() {
		c.Args = cobra.NoArgs
		c.RunE = func(c *cobra.Command, _ []string) error {
			return errors.New("say which of " + c.CommandPath() + "'s commands; --help lists them")
		}
	}
	for _, sub := range c.Commands() {
		prepare(sub)
	}
}
