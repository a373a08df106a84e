package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"

	"github.com/aisle-search/aisle/cmd/aisle/flags"
)

// composeFile is what matters of compose.yaml.
type composeFile struct {
	Services map[string]struct {
		Command     []string          `yaml:"command"`
		Environment map[string]string `yaml:"environment"`
		Ports       []string          `yaml:"ports"`
		Volumes     []string          `yaml:"volumes"`
		NetworkMode string            `yaml:"network_mode"`
		Healthcheck struct {
			Test []string `yaml:"test"`
		} `yaml:"healthcheck"`
		DependsOn map[string]struct {
			Condition string `yaml:"condition"`
		} `yaml:"depends_on"`
	} `yaml:"services"`
	Volumes map[string]any `yaml:"volumes"`
}

// compose.yaml starts databases that Aisle can follow, and Aisle with flags that
// it has.
func TestCompose(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile(filepath.Join("..", "..", "compose.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var file composeFile
	if err := yaml.Unmarshal(b, &file); err != nil {
		t.Fatal(err)
	}
	if got := file.Services["mongo"]; !slices.Contains(got.Command, "--replSet") || !strings.Contains(strings.Join(got.Healthcheck.Test, " "), "rs.initiate") {
		t.Errorf("mongo: got %v, want a replica set that is initiated", got)
	}
	if got := file.Services["postgres"].Command; !slices.Contains(got, "wal_level=logical") {
		t.Errorf("postgres: got %v, want wal_level=logical", got)
	}
	for name, s := range file.Services {
		for _, port := range s.Ports {
			if !strings.HasPrefix(port, "127.0.0.1:") {
				t.Errorf("%s: port %s is open to strangers", name, port)
			}
		}
		for on, how := range s.DependsOn {
			if how.Condition == "service_healthy" && len(file.Services[on].Healthcheck.Test) == 0 {
				t.Errorf("%s waits for the health of %s, which has no check", name, on)
			}
		}
		for _, v := range s.Volumes {
			if volume, _, _ := strings.Cut(v, ":"); !slices.Contains(keysOf(file.Volumes), volume) {
				t.Errorf("%s: volume %s is not declared", name, volume)
			}
		}
	}
	checkService(t, file.Services["aisle"].Command, file.Services["aisle"].Environment)
}

func keysOf(m map[string]any) (keys []string) {
	for k := range m {
		keys = append(keys, k)
	}
	return keys
}

// checkService checks that the command line exists, and that every variable is
// one of its flags.
func checkService(t *testing.T, args []string, environment map[string]string) {
	t.Helper()
	root := &cobra.Command{Use: "aisle"}
	root.AddCommand(commands(streams{})...)
	c, rest, err := root.Find(args)
	if err != nil || c == root {
		t.Fatalf("aisle %v: got %v, want a command", args, err)
	}
	if err := c.ParseFlags(rest); err != nil {
		t.Errorf("aisle %v: %v", args, err)
	}
	known := map[string]bool{}
	for _, name := range []string{"data", "listen", "mongo-uri", "postgres-url", "schema"} {
		known[flags.Variable(name)] = c.Flags().Lookup(name) != nil
	}
	for name := range environment {
		if !known[name] {
			t.Errorf("%s is no variable of aisle %s", name, c.Name())
		}
	}
}
