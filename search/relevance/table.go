package relevance

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// WriteTable writes the report for a terminal: the means, then the queries.
func (r Report) WriteTable(w io.Writer) error {
	t := newTable(w)
	t.row("measure", "value")
	for _, m := range r.means() {
		t.row(m.name, fmt.Sprintf("%.4f", m.value))
	}
	t.row("queries", fmt.Sprint(r.Queries))
	t.row("queries without relevant", fmt.Sprint(r.QueriesWithoutRelevant))
	t.blank()
	t.row("query", "nDCG@10", "MRR", "P@10", "recall@100", "results")
	for _, row := range r.Rows {
		t.row(row.Query, fmt.Sprintf("%.3f", row.NDCG10), fmt.Sprintf("%.3f", row.ReciprocalRank),
			fmt.Sprintf("%.2f", row.Precision10), fmt.Sprintf("%.3f", row.Recall100), fmt.Sprint(row.Results))
	}
	return t.flush()
}

// WriteTable writes the comparison for a terminal: the measures, then the
// queries that changed, greatest loss first.
func (c Comparison) WriteTable(w io.Writer) error {
	t := newTable(w)
	t.row("measure", c.baseName(), c.otherName(), "difference", "95% interval", "p (t)", "p (sign)", "p (random)", "better/worse/same")
	for _, d := range c.Measures {
		interval, p := "–", "–"
		if d.T != nil {
			interval, p = fmt.Sprintf("%+.4f … %+.4f", d.T.Low, d.T.High), fmt.Sprintf("%.3f", d.T.P)
		}
		t.row(label(d.Measure), fmt.Sprintf("%.4f", d.Base), fmt.Sprintf("%.4f", d.Other), fmt.Sprintf("%+.4f", d.Mean), interval, p,
			fmt.Sprintf("%.3f", d.SignP), fmt.Sprintf("%.3f", d.RandomisationP), fmt.Sprintf("%d/%d/%d", d.Wins, d.Losses, d.Ties))
	}
	t.blank()
	t.row("query", c.baseName(), c.otherName(), "nDCG@10")
	for _, q := range c.Queries {
		if q.NDCG10 != 0 {
			t.row(q.Base.Query, fmt.Sprintf("%.3f", q.Base.NDCG10), fmt.Sprintf("%.3f", q.Other.NDCG10), fmt.Sprintf("%+.3f", q.NDCG10))
		}
	}
	if len(c.Unpaired) > 0 {
		t.blank()
		t.row(fmt.Sprintf("%d queries are in one run only: %s", len(c.Unpaired), strings.Join(c.Unpaired, ", ")))
	}
	return t.flush()
}

type namedValue struct {
	name  string
	value float64
}

func (r Report) means() []namedValue {
	return []namedValue{
		{"nDCG@10", r.NDCG10},
		{"nDCG@10, judged only", r.CondensedNDCG10},
		{"MRR", r.MRR},
		{"precision@10", r.Precision10},
		{"recall@100", r.Recall100},
		{"judged on first pages", r.Judged10},
		{"zero-result rate", r.ZeroResultRate},
	}
}

// label is how people write a measure.
func label(measure string) string {
	switch measure {
	case "ndcg_at_10":
		return "nDCG@10"
	case "condensed_ndcg_at_10":
		return "nDCG@10, judged only"
	case "mrr":
		return "MRR"
	case "precision_at_10":
		return "precision@10"
	case "recall_at_100":
		return "recall@100"
	}
	return measure
}

func (c Comparison) baseName() string  { return nameOr(c.Base.Name, "base") }
func (c Comparison) otherName() string { return nameOr(c.Other.Name, "other") }

func nameOr(name, otherwise string) string {
	if name == "" {
		return otherwise
	}
	return name
}

// table keeps the first error of its writer.
type table struct {
	w   *tabwriter.Writer
	err error
}

func newTable(w io.Writer) *table { return &table{w: tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)} }

func (t *table) row(cells ...string) {
	if t.err == nil {
		_, t.err = fmt.Fprintln(t.w, strings.Join(cells, "\t"))
	}
}

// blank ends the columns, so that each block has widths of its own.
func (t *table) blank() {
	if t.err == nil {
		t.err = t.w.Flush()
	}
	t.row()
}

func (t *table) flush() error {
	if t.err != nil {
		return t.err
	}
	return t.w.Flush()
}
