package main

import (
	"strings"
	"testing"
)

func TestTable(t *testing.T) {
	t.Parallel()
	in := `goos: linux
BenchmarkSearch/text/aisle-2         	    1000	    200000 ns/op	   100 B/op
BenchmarkSearch/text/bleve-2         	     100	   2000000 ns/op
BenchmarkSearch/text/aisle-2         	    1000	    100000 ns/op
BenchmarkWalk/limit=7-2              	    1000	      5000 ns/op
BenchmarkIndexing/aisle              	       1	3000000000.5 ns/op	5000 products/s
BenchmarkIndexing/bleve              	       1	1500000000 ns/op
BenchmarkLonely/aisle-2              	       1	1 ns/op
PASS
`
	var out strings.Builder
	if err := run(strings.NewReader(in), &out); err != nil {
		t.Fatal(err)
	}
	got, ok := strings.CutPrefix(out.String(), in)
	if !ok {
		t.Fatalf("the input was not passed on: %s", out.String())
	}
	var rows []string
	for line := range strings.Lines(got) {
		if fields := strings.Fields(line); len(fields) > 0 {
			rows = append(rows, strings.Join(fields, " "))
		}
	}
	want := []string{"benchmark Aisle µs Bleve µs times as fast", "Search/text 100.0 2000.0 20.0", "Indexing 3000000.0 1500000.0 0.5"}
	if strings.Join(rows, "\n") != strings.Join(want, "\n") {
		t.Errorf("got:\n%s\nwant:\n%s", strings.Join(rows, "\n"), strings.Join(want, "\n"))
	}
}
