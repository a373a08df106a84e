package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/aisle-search/aisle/cmd/aisle/flags"
)

// result is what a run of the program did.
type result struct {
	code     int
	out, err string
}

// runFor runs the program with arguments and an environment.
func runFor(t *testing.T, env map[string]string, args ...string) result {
	t.Helper()
	var out, errs bytes.Buffer
	look := func(name string) (string, bool) { v, ok := env[name]; return v, ok }
	err := run(t.Context(), args, look, streams{in: strings.NewReader(""), out: &out, err: &errs})
	r := result{code: exitCode(err), out: out.String(), err: errs.String()}
	if err != nil {
		r.err += err.Error()
	}
	return r
}

// Bad usage exits 2 and says what is wrong; a failed run exits 1.
func TestExitCodes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		env  map[string]string
		args string
		code int
		says string
	}{
		{"version", nil, "version", 0, "aisle "},
		{"help", nil, "--help", 0, "devdb"},
		{"help of a command", nil, "help dlq list", 0, "AISLE_SOURCE"},
		{"help of all", nil, "help", 0, "devdb"},
		{"help of no command", nil, "help nosuch", 2, "nosuch"},
		{"help of no subcommand", nil, "help dlq nosuch", 2, "nosuch"},
		{"unknown command", nil, "nosuch", 2, "nosuch"},
		{"unknown flag", nil, "devdb --nosuch", 2, "nosuch"},
		{"too many arguments", nil, "version 1", 2, "1"},
		{"bad value", nil, "devdb --install=maybe", 2, "maybe"},
		{"bad value in the environment", map[string]string{"AISLE_INSTALL": "maybe"}, "devdb", 2, "AISLE_INSTALL"},
		{"demo for strangers", nil, "demo --listen 0.0.0.0:0", 2, "loopback"},
		{"demo on no port", nil, "demo --listen 127.0.0.1:70000", 1, "--listen"},
		{"failed run", nil, "devdb --dir /dev/null/x", 1, "start databases"},
		{"flag goes before environment", map[string]string{"AISLE_DIR": "/tmp"}, "devdb --dir /dev/null/x", 1, "/dev/null/x"},
		{"environment counts", map[string]string{"AISLE_DIR": "/dev/null/y"}, "devdb", 1, "/dev/null/y"},
		{"empty variable counts as none", map[string]string{"AISLE_INSTALL": ""}, "devdb --dir /dev/null/x", 1, "/dev/null/x"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := runFor(t, tt.env, strings.Fields(tt.args)...)
			if got.code != tt.code || !strings.Contains(got.out+got.err, tt.says) {
				t.Errorf("aisle %s: got exit %d and %q, want %d and %q in it", tt.args, got.code, got.out+got.err, tt.code, tt.says)
			}
		})
	}
}

// Every flag of every command shows its environment variable once.
func TestHelpShowsVariables(t *testing.T) {
	t.Parallel()
	for _, c := range commands(streams{}) {
		got := runFor(t, nil, c.Name(), "--help")
		for line := range strings.Lines(got.out) {
			_, rest, isFlag := strings.Cut(line, "--")
			name, _, _ := strings.Cut(rest, " ")
			name = strings.TrimSpace(name)
			if !isFlag || name == "help" || !strings.HasPrefix(strings.TrimSpace(line), "-") {
				continue
			}
			if want := "[" + flags.Variable(name) + "]"; strings.Count(line, want) != 1 {
				t.Errorf("aisle %s --help: got %q, want %s once", c.Name(), strings.TrimSpace(line), want)
			}
		}
	}
}
