package relevance

// Run holds the ranked product ids of each query, best first, at least
// RunDepth of them where there are so many. A query that is missing had no
// results.
type Run map[string][]string

// RunDepth is how many results of a query the measures look at.
const RunDepth = 100

const (
	pageDepth = 10 // of nDCG and precision
	unjudged  = -1
)

// Report is what a run scored: means over the queries that have a relevant
// judgment, and a row for each of them.
type Report struct {
	Name            string  `json:"name,omitempty"` // the profile that was run
	NDCG10          float64 `json:"ndcg_at_10"`
	CondensedNDCG10 float64 `json:"condensed_ndcg_at_10"`
	MRR             float64 `json:"mrr"`
	Precision10     float64 `json:"precision_at_10"`
	Recall100       float64 `json:"recall_at_100"`
	// Judged10 is the share of the results on first pages that were judged. When
	// it is low, nDCG says little and its condensed form more.
	Judged10       float64 `json:"judged_at_10"`
	ZeroResultRate float64 `json:"zero_result_rate"`
	// Queries is how many the means are over.
	Queries                int      `json:"queries"`
	QueriesWithoutRelevant int      `json:"queries_without_relevant"`
	Rows                   []Row    `json:"per_query"`
	LeftOut                []string `json:"left_out"` // the queries without relevant
}

// Row is one query of a report.
type Row struct {
	Query           string   `json:"query"`
	NDCG10          float64  `json:"ndcg_at_10"`
	CondensedNDCG10 float64  `json:"condensed_ndcg_at_10"`
	ReciprocalRank  float64  `json:"reciprocal_rank"`
	Precision10     float64  `json:"precision_at_10"`
	Recall100       float64  `json:"recall_at_100"`
	Results         int      `json:"results"`  // as many as the run listed
	Relevant        int      `json:"relevant"` // judged so
	Top             []Result `json:"top"`      // the first page
}

// Result is a product on a first page.
type Result struct {
	ID     string `json:"id"`
	Rating int    `json:"rating"` // −1 when it was not judged
}

// Judged says whether anyone rated the result.
func (r Result) Judged() bool { return r.Rating != unjudged }

// Evaluate measures a run. Queries of the run that were not judged are ignored.
func Evaluate(j *Judgments, run Run) Report {
	report := Report{Rows: []Row{}, LeftOut: []string{}}
	for _, query := range j.queries {
		ratings := j.ratings[query]
		if ratings.Relevant() == 0 {
			report.LeftOut = append(report.LeftOut, query)
			continue
		}
		report.Rows = append(report.Rows, evaluateQuery(query, ratings, distinct(run[query])))
	}
	report.average()
	return report
}

func evaluateQuery(query string, ratings Ratings, ranked []string) Row {
	row := Row{
		Query:           query,
		NDCG10:          NDCG(ranked, ratings, pageDepth),
		CondensedNDCG10: NDCG(Condensed(ranked, ratings), ratings, pageDepth),
		ReciprocalRank:  ReciprocalRank(ranked[:min(RunDepth, len(ranked))], ratings),
		Precision10:     Precision(ranked, ratings, pageDepth),
		Recall100:       Recall(ranked, ratings, RunDepth),
		Results:         len(ranked),
		Relevant:        ratings.Relevant(),
		Top:             []Result{},
	}
	for _, id := range ranked[:min(pageDepth, len(ranked))] {
		rating, ok := ratings[id]
		if !ok {
			rating = unjudged
		}
		row.Top = append(row.Top, Result{ID: id, Rating: rating})
	}
	return row
}

// average fills the report's means from its rows. Without rows they stay 0.
func (r *Report) average() {
	r.Queries, r.QueriesWithoutRelevant = len(r.Rows), len(r.LeftOut)
	if r.Queries == 0 {
		return
	}
	var judged, shown, empty int
	for _, row := range r.Rows {
		r.NDCG10 += row.NDCG10
		r.CondensedNDCG10 += row.CondensedNDCG10
		r.MRR += row.ReciprocalRank
		r.Precision10 += row.Precision10
		r.Recall100 += row.Recall100
		if row.Results == 0 {
			empty++
		}
		shown += len(row.Top)
		for _, result := range row.Top {
			if result.Judged() {
				judged++
			}
		}
	}
	n := float64(r.Queries)
	for _, mean := range []*float64{&r.NDCG10, &r.CondensedNDCG10, &r.MRR, &r.Precision10, &r.Recall100} {
		*mean /= n
	}
	r.ZeroResultRate = float64(empty) / n
	if shown > 0 {
		r.Judged10 = float64(judged) / float64(shown)
	}
}
