package relevance

import (
	"cmp"
	"math"
	"slices"
)

// same is the difference below which two values are one: rounding, not ranking.
const same = 1e-12

// Comparison is what changed from one run, the base, to another over the
// queries that both reports have.
type Comparison struct {
	Base, Other Report
	Measures    []Difference
	// Queries have the greatest loss of nDCG first and the greatest gain last;
	// equal ones follow the query's text.
	Queries []QueryDifference
	// Unpaired are the queries that only one report has; they are in no
	// difference.
	Unpaired []string
}

// Difference is one measure's paired difference, other less base.
type Difference struct {
	Measure string  `json:"measure"`
	Base    float64 `json:"base"` // means over the paired queries
	Other   float64 `json:"other"`
	Mean    float64 `json:"difference"`
	Wins    int     `json:"wins"` // queries on which the other run is better
	Losses  int     `json:"losses"`
	Ties    int     `json:"ties"`
	// T is nil where it is not defined: with fewer than two queries, or when all
	// differ by the same.
	T *TTest `json:"t_test,omitempty"`
	// SignP and RandomisationP are two-sided probabilities of a result as extreme
	// by chance: of the wins and losses alone, and of the mean when each query's
	// difference may as well have the other sign.
	SignP          float64 `json:"sign_p"`
	RandomisationP float64 `json:"randomisation_p"`
}

// TTest is Student's paired test, two-sided.
type TTest struct {
	T       float64 `json:"t"`
	Freedom int     `json:"degrees_of_freedom"`
	P       float64 `json:"p"`
	// Low and High bound the mean difference with 95% confidence.
	Low  float64 `json:"low_95"`
	High float64 `json:"high_95"`
}

// QueryDifference is one query in both runs.
type QueryDifference struct {
	Base, Other Row
	NDCG10      float64 // other less base
}

// Significant says whether chance explains the difference with a probability
// under 5% by the randomisation test.
func (d Difference) Significant() bool { return d.RandomisationP < 0.05 }

// Compare pairs two reports query by query.
func Compare(base, other Report) Comparison {
	c := Comparison{Base: base, Other: other, Queries: []QueryDifference{}, Unpaired: []string{}}
	pairs := c.pair()
	for _, m := range measures() {
		before, after := make([]float64, len(pairs)), make([]float64, len(pairs))
		for i, p := range pairs {
			before[i], after[i] = m.of(p.Base), m.of(p.Other)
		}
		c.Measures = append(c.Measures, difference(m.name, before, after))
	}
	slices.SortFunc(pairs, func(a, b QueryDifference) int {
		return cmp.Or(cmp.Compare(a.NDCG10, b.NDCG10), cmp.Compare(a.Base.Query, b.Base.Query))
	})
	c.Queries = append(c.Queries, pairs...)
	return c
}

type measure struct {
	name string
	of   func(Row) float64
}

func measures() []measure {
	return []measure{
		{"ndcg_at_10", func(r Row) float64 { return r.NDCG10 }},
		{"condensed_ndcg_at_10", func(r Row) float64 { return r.CondensedNDCG10 }},
		{"mrr", func(r Row) float64 { return r.ReciprocalRank }},
		{"precision_at_10", func(r Row) float64 { return r.Precision10 }},
		{"recall_at_100", func(r Row) float64 { return r.Recall100 }},
	}
}

// pair returns the queries of both reports in the order of the base.
func (c *Comparison) pair() []QueryDifference {
	others := make(map[string]Row, len(c.Other.Rows))
	for _, row := range c.Other.Rows {
		others[row.Query] = row
	}
	var pairs []QueryDifference
	for _, row := range c.Base.Rows {
		other, ok := others[row.Query]
		if !ok {
			c.Unpaired = append(c.Unpaired, row.Query)
			continue
		}
		delete(others, row.Query)
		pairs = append(pairs, QueryDifference{Base: row, Other: other, NDCG10: steady(other.NDCG10 - row.NDCG10)})
	}
	for _, row := range c.Other.Rows {
		if _, left := others[row.Query]; left {
			c.Unpaired = append(c.Unpaired, row.Query)
		}
	}
	return pairs
}

func difference(name string, before, after []float64) Difference {
	d := Difference{Measure: name, Base: mean(before), Other: mean(after)}
	deltas := make([]float64, len(before))
	for i := range before {
		deltas[i] = steady(after[i] - before[i])
		switch {
		case deltas[i] > 0:
			d.Wins++
		case deltas[i] < 0:
			d.Losses++
		default:
			d.Ties++
		}
	}
	d.Mean = mean(deltas)
	d.T = tTest(deltas)
	d.SignP = signTest(d.Wins, d.Losses)
	d.RandomisationP = randomisationTest(deltas)
	return d
}

// steady makes a difference that is only rounding 0.
func steady(d float64) float64 {
	if math.Abs(d) < same {
		return 0
	}
	return d
}

func mean(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}
