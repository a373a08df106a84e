package relevance

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

func TestReadJudgments(t *testing.T) {
	t.Parallel()
	j, err := ReadJudgments(strings.NewReader("\uFEFFquery,docid,rating\r\n\"2.5\"\" ssd, fast\",a,3\r\npan,b,0\n\npan,\"c,1\",10\n\"2.5\"\" ssd, fast\",b,1"))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]Ratings{`2.5" ssd, fast`: {"a": 3, "b": 1}, "pan": {"b": 0, "c,1": 10}}
	if diff := cmp.Diff(want, j.ratings); diff != "" {
		t.Errorf("ratings (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{`2.5" ssd, fast`, "pan"}, j.Queries()); diff != "" {
		t.Errorf("queries are not in file order (-want +got):\n%s", diff)
	}
}

// A fault names the line that it is in, also after a quoted line break.
func TestReadJudgmentsFaults(t *testing.T) {
	t.Parallel()
	const header = "query,docid,rating\n"
	tests := []struct {
		name, file string
		line       int
		reason     string
	}{
		{"header", "query,id,rating\n", 1, "header"},
		{"header in another order", "docid,query,rating\n", 1, "header"},
		{"two fields", header + "a,b,1\na,b\n", 3, "not three fields"},
		{"four fields", header + "a,b,1,1\n", 2, "not three fields"},
		{"negative", header + "a,b,-1\n", 2, `rating "-1"`},
		{"fraction", header + "a,b,2.5\n", 2, `rating "2.5"`},
		{"too great", header + "a,b,11\n", 2, `rating "11"`},
		{"no rating", header + "a,b,\n", 2, `rating ""`},
		{"no query", header + "\" \",b,1\n", 2, "query is empty"},
		{"no id", header + "a,,1\n", 2, "docid is empty"},
		{"twice", header + "a,b,1\nc,b,1\na,b,2\n", 4, "judged before"},
		{"after a quoted line break", header + "\"a\nb\",c,1\na,b,x\n", 4, `rating "x"`},
		{"bare quote", header + "a\"b,c,1\n", 2, "bare"},
		{"open quote", header + "\"a,c,1\n", 2, "quote"},
		{"not UTF-8", header + "a\xff,b,1\n", 2, "query is not UTF-8"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := ReadJudgments(strings.NewReader(test.file))
			var at *LineError
			if !errors.As(err, &at) {
				t.Fatalf("got %v, want a LineError", err)
			}
			if at.Line != test.line || !strings.Contains(at.Reason, test.reason) {
				t.Errorf("got %v, want line %d and %q", at, test.line, test.reason)
			}
		})
	}
}

func TestReadJudgmentsEmpty(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"", "\uFEFF", "query,docid,rating\n"} {
		if _, err := ReadJudgments(strings.NewReader(file)); !errors.Is(err, ErrNoJudgments) {
			t.Errorf("%q: got %v, want ErrNoJudgments", file, err)
		}
	}
}

// An error of the reader itself is no fault of a line.
func TestReadJudgmentsReaderFails(t *testing.T) {
	t.Parallel()
	_, err := ReadJudgments(iotest.ErrReader(io.ErrUnexpectedEOF))
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("got %v, want ErrUnexpectedEOF", err)
	}
}

// Whatever the bytes, reading ends without a panic, and what was read is sane.
func FuzzReadJudgments(f *testing.F) {
	f.Add("query,docid,rating\na,b,1\n")
	f.Add("\uFEFFquery,docid,rating\n\"a\"\"\",b,3")
	f.Fuzz(func(t *testing.T, file string) {
		j, err := ReadJudgments(strings.NewReader(file))
		if err != nil {
			return
		}
		for _, query := range j.Queries() {
			if len(j.Ratings(query)) == 0 {
				t.Errorf("%q has no ratings", query)
			}
		}
		Evaluate(j, nil)
	})
}
