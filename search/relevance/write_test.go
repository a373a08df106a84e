package relevance

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

func twoReports() (Report, Report) {
	j := &Judgments{}
	j.Add("red mug", "m1", 3)
	j.Add("red mug", "m2", 0)
	j.Add("<b>pan</b>", "p1", 2)
	j.Add("nothing", "x", 0)
	base := Evaluate(j, Run{"red mug": {"m1", "m2"}, "<b>pan</b>": {"p9", "p1"}})
	other := Evaluate(j, Run{"red mug": {"m2", "m1"}, "<b>pan</b>": {"p1"}})
	base.Name, other.Name = "default", "fresh"
	return base, other
}

// The report's member names are a contract.
func TestWriteJSON(t *testing.T) {
	t.Parallel()
	base, other := twoReports()
	for name, write := range map[string]func(*bytes.Buffer) error{
		"report":     func(b *bytes.Buffer) error { return base.WriteJSON(b) },
		"comparison": func(b *bytes.Buffer) error { return Compare(base, other).WriteJSON(b) },
	} {
		var out bytes.Buffer
		if err := write(&out); err != nil {
			t.Fatal(err)
		}
		var got map[string]any
		if err := json.Unmarshal(out.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		for _, member := range []string{"ndcg_at_10", "mrr", "precision_at_10", "recall_at_100", "zero_result_rate", "queries", "queries_without_relevant"} {
			if _, ok := got[member].(float64); !ok {
				t.Errorf("%s: %s is %v, want a number", name, member, got[member])
			}
		}
		if got["mrr"] != 0.75 || got["queries"] != 2.0 || got["queries_without_relevant"] != 1.0 {
			t.Errorf("%s: got mrr %v, queries %v, without relevant %v", name, got["mrr"], got["queries"], got["queries_without_relevant"])
		}
	}
}

func TestWriteTable(t *testing.T) {
	t.Parallel()
	base, other := twoReports()
	var report, comparison bytes.Buffer
	if err := base.WriteTable(&report); err != nil {
		t.Fatal(err)
	}
	if err := Compare(base, other).WriteTable(&comparison); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"MRR                     0.7500", "queries without relevant  1", "red mug     1.000    1.000  0.10  1.000       2"} {
		if !strings.Contains(squeeze(report.String()), squeeze(line)) {
			t.Errorf("report lacks %q:\n%s", line, report.String())
		}
	}
	for _, line := range []string{"red mug 1.000 0.631 -0.369", "<b>pan</b> 0.631 1.000 +0.369", "1/1/0"} {
		if !strings.Contains(squeeze(comparison.String()), line) {
			t.Errorf("comparison lacks %q:\n%s", line, comparison.String())
		}
	}
}

func squeeze(s string) string { return strings.Join(strings.Fields(s), " ") }

// The page asks the network for nothing, escapes what people wrote, and puts the
// greatest loss first.
func TestWriteHTML(t *testing.T) {
	t.Parallel()
	base, other := twoReports()
	var report, comparison bytes.Buffer
	if err := base.WriteHTML(&report, nil); err != nil {
		t.Fatal(err)
	}
	if err := Compare(base, other).WriteHTML(&comparison, Titles{"m1": "Mug & saucer"}); err != nil {
		t.Fatal(err)
	}
	for name, page := range map[string]string{"report": report.String(), "comparison": comparison.String()} {
		for _, bad := range []string{"http:", "https:", "src=", "<script", "<link", "url(", "<b>pan", "ZgotmplZ"} {
			if strings.Contains(page, bad) {
				t.Errorf("%s holds %q", name, bad)
			}
		}
		if !strings.Contains(page, "&lt;b&gt;pan&lt;/b&gt;") {
			t.Errorf("%s lacks the escaped query", name)
		}
	}
	page := comparison.String()
	loss, gain := strings.Index(page, "<span>red mug</span>"), strings.Index(page, "<span>&lt;b&gt;pan")
	if loss < 0 || gain < loss {
		t.Errorf("loss at %d, gain at %d: the loss is not first", loss, gain)
	}
	if !strings.Contains(page, "Mug &amp; saucer") {
		t.Error("the title is not shown")
	}
}

var errFull = errors.New("disk full")

type fullWriter struct{}

func (fullWriter) Write([]byte) (int, error) { return 0, errFull }

// An error of the writer reaches the caller.
func TestWriteFails(t *testing.T) {
	t.Parallel()
	base, other := twoReports()
	c := Compare(base, other)
	for name, err := range map[string]error{
		"report table": base.WriteTable(fullWriter{}), "report JSON": base.WriteJSON(fullWriter{}), "report HTML": base.WriteHTML(fullWriter{}, nil),
		"table": c.WriteTable(fullWriter{}), "JSON": c.WriteJSON(fullWriter{}), "HTML": c.WriteHTML(fullWriter{}, nil),
	} {
		if !errors.Is(err, errFull) {
			t.Errorf("%s: got %v, want %v", name, err, errFull)
		}
	}
}
