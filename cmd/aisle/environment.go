package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// lookup finds an environment variable, as os.LookupEnv does.
type lookup func(name string) (value string, ok bool)

// variable is the name of a flag's environment variable.
func variable(flag string) string {
	return "AISLE_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// nameVariables adds the environment variables to the help of the flags that are
// defined on c itself.
func nameVariables(c *cobra.Command) {
	for _, set := range []*pflag.FlagSet{c.LocalNonPersistentFlags(), c.PersistentFlags()} {
		set.VisitAll(func(f *pflag.Flag) {
			if f.Name != "help" {
				f.Usage += " [" + variable(f.Name) + "]"
			}
		})
	}
}

// fromEnvironment sets the flags that the command line leaves out. An empty
// variable counts as none.
func fromEnvironment(c *cobra.Command, env lookup) error {
	var first error
	c.Flags().VisitAll(func(f *pflag.Flag) {
		value, ok := env(variable(f.Name))
		if !ok || value == "" || f.Changed || f.Name == "help" || first != nil {
			return
		}
		if err := c.Flags().Set(f.Name, value); err != nil {
			first = fmt.Errorf("read %s: %w", variable(f.Name), err)
		}
	})
	return first
}
