package flags

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Lookup finds an environment variable, as os.LookupEnv does.
type Lookup func(name string) (value string, ok bool)

// Variable is the name of a flag's environment variable.
func Variable(flag string) string {
	return "AISLE_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// NameVariables adds the environment variables to the help of the flags that are
// defined on c itself.
func NameVariables(c *cobra.Command) {
	for _, set := range []*pflag.FlagSet{c.LocalNonPersistentFlags(), c.PersistentFlags()} {
		set.VisitAll(func(f *pflag.Flag) {
			if f.Name != "help" {
				f.Usage += " [" + Variable(f.Name) + "]"
			}
		})
	}
}

// FromEnvironment sets the flags that the command line leaves out. An empty
// variable counts as none.
func FromEnvironment(c *cobra.Command, env Lookup) error {
	var first error
	c.Flags().VisitAll(func(f *pflag.Flag) {
		value, ok := env(Variable(f.Name))
		if !ok || value == "" || f.Changed || f.Name == "help" || first != nil {
			return
		}
		if err := c.Flags().Set(f.Name, value); err != nil {
			first = fmt.Errorf("read %s: %w", Variable(f.Name), err)
		}
	})
	return first
}
