package relevance

import (
	"cmp"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"math"
	"slices"
)

//go:embed report.html
var pageSource string

// Titles names products for people. An id without a title is shown as it is.
type Titles map[string]string

// WriteHTML writes the report as one page that needs nothing else.
func (r Report) WriteHTML(w io.Writer, titles Titles) error {
	worst := slices.Clone(r.Rows)
	slices.SortStableFunc(worst, func(a, b Row) int { return cmp.Compare(a.NDCG10, b.NDCG10) })
	page := reportPage{Title: "Relevance", Report: r, Means: r.means()}
	for _, row := range worst {
		page.Queries = append(page.Queries, queryPanel{Query: row.Query, Score: row.NDCG10, Sides: []side{newSide("", row, titles)}})
	}
	return page.write(w)
}

// WriteHTML writes the comparison as one page that needs nothing else, queries
// by loss.
func (c Comparison) WriteHTML(w io.Writer, titles Titles) error {
	page := reportPage{Title: "Relevance: " + c.baseName() + " and " + c.otherName(), Report: c.Other, Comparison: &c, Means: c.Other.means()}
	for _, q := range c.Queries {
		page.Queries = append(page.Queries, queryPanel{
			Query: q.Base.Query, Score: q.Other.NDCG10, Change: q.NDCG10,
			Sides: []side{newSide(c.baseName(), q.Base, titles), newSide(c.otherName(), q.Other, titles)},
		})
	}
	return page.write(w)
}

type reportPage struct {
	Title      string
	Report     Report
	Comparison *Comparison
	Means      []namedValue
	Queries    []queryPanel
}

type queryPanel struct {
	Query  string
	Score  float64
	Change float64
	Sides  []side
}

// side is one run's first page for a query.
type side struct {
	Name    string
	Row     Row
	Results []shownResult
}

type shownResult struct {
	Result
	Title string
}

func newSide(name string, row Row, titles Titles) side {
	s := side{Name: name, Row: row}
	for _, result := range row.Top {
		s.Results = append(s.Results, shownResult{Result: result, Title: titles[result.ID]})
	}
	return s
}

func (p reportPage) write(w io.Writer) error {
	page, err := template.New("report").Funcs(template.FuncMap{
		"name":   func(v namedValue) string { return v.name },
		"value":  func(v namedValue) string { return fmt.Sprintf("%.3f", v.value) },
		"score":  func(v float64) string { return fmt.Sprintf("%.3f", v) },
		"change": func(v float64) string { return fmt.Sprintf("%+.3f", v) },
		"label":  label,
		"bar":    func(v float64) string { return fmt.Sprintf("%.1f%%", 100*math.Min(1, math.Abs(v))) },
		"trend":  trend,
		"chip":   func(rating int) int { return min(rating, 3) },
	}).Parse(pageSource)
	if err != nil {
		return fmt.Errorf("parse report page: %w", err)
	}
	if err := page.Execute(w, p); err != nil {
		return fmt.Errorf("write report page: %w", err)
	}
	return nil
}

func trend(change float64) string {
	switch {
	case change > 0:
		return "gain"
	case change < 0:
		return "loss"
	}
	return "same"
}
