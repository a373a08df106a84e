// Command benchratio passes the output of go test -bench on, and ends it with a table:
// each benchmark that ran as .../aisle and .../bleve, and how many times as fast Aisle
// was in the same run.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
)

func main() {
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "benchratio:", err)
		os.Exit(1)
	}
}

// result is a line of go test -bench; its name has no number of processors.
var result = regexp.MustCompile(`^Benchmark(\S+?)(?:-\d+)?\s+\d+\s+([\d.]+) ns/op`)

// sides are the fastest times of both sides of a benchmark, in nanoseconds.
type sides struct{ aisle, bleve float64 }

func run(in io.Reader, out io.Writer) error {
	times := map[string]*sides{}
	var names []string
	failed := false
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		fmt.Fprintln(out, lines.Text())
		failed = failed || strings.HasPrefix(lines.Text(), "FAIL")
		m := result.FindStringSubmatch(lines.Text())
		if m == nil {
			continue
		}
		ns, err := strconv.ParseFloat(m[2], 64)
		if err != nil {
			continue // not a time after all
		}
		name, side, ok := cutSide(m[1])
		if !ok {
			continue
		}
		s := times[name]
		if s == nil {
			s = &sides{}
			times[name] = s
			names = append(names, name)
		}
		at := &s.aisle
		if side == "bleve" {
			at = &s.bleve
		}
		if *at == 0 || ns < *at {
			*at = ns
		}
	}
	if err := lines.Err(); err != nil {
		return err
	}
	if failed { // a pipe does not pass an exit status on
		return errors.New("a benchmark failed")
	}
	return table(out, slices.DeleteFunc(names, func(n string) bool { return times[n].aisle == 0 || times[n].bleve == 0 }), times)
}

// cutSide takes the side, which may stand anywhere in the name, out of it.
func cutSide(name string) (rest, side string, ok bool) {
	parts := strings.Split(name, "/")
	for i, p := range parts {
		if p == "aisle" || p == "bleve" {
			return strings.Join(slices.Delete(parts, i, i+1), "/"), p, true
		}
	}
	return "", "", false
}

func table(out io.Writer, names []string, times map[string]*sides) error {
	if len(names) == 0 {
		return nil
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "\nbenchmark\tAisle µs\tBleve µs\ttimes as fast\t")
	for _, name := range names {
		s := times[name]
		fmt.Fprintf(w, "%s\t%.1f\t%.1f\t%.1f\t\n", name, s.aisle/1000, s.bleve/1000, s.bleve/s.aisle)
	}
	return w.Flush()
}
