package relevance

import (
	"fmt"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Known points of Student's distribution: closed forms for 1, 2 and 4 degrees
// of freedom, printed tables for the others.
func TestStudent(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ t, df, p float64 }{
		{0, 5, 1},
		{1, 1, 0.5},
		{-1, 1, 0.5},
		{math.Sqrt2, 2, 1 - math.Sqrt2/2},
		{2.228138852, 10, 0.05},
		{3.169272667, 10, 0.01},
		{1.992997126, 73, 0.05},
		{2, 4, 1 - math.Sqrt(0.5)*1.25},
	} {
		near(t, fmt.Sprintf("p of t=%v, df=%v", test.t, test.df), studentTwoSided(test.t, test.df), test.p)
	}
	near(t, "quantile, df=1", studentQuantile(0.05, 1), 12.706204736)
	near(t, "quantile, df=73", studentQuantile(0.05, 73), 1.992997126)
}

// Differences 0.1, 0.2, 0.3: mean 0.2, deviation 0.1, t = 0.2/(0.1/√3) = 3.4641,
// p = 1 − t/√(t²+2) = 0.07418, interval 0.2 ± 4.30265·0.057735; of the eight
// sign patterns two are as far from 0.
func TestDifference(t *testing.T) {
	t.Parallel()
	d := difference("m", []float64{0.1, 0.2, 0.3}, []float64{0.2, 0.4, 0.6})
	near(t, "base", d.Base, 0.2)
	near(t, "other", d.Other, 0.4)
	near(t, "mean", d.Mean, 0.2)
	near(t, "t", d.T.T, 2*math.Sqrt(3))
	near(t, "p", d.T.P, 1-2*math.Sqrt(3)/math.Sqrt(14))
	near(t, "low", d.T.Low, 0.2-4.302652730*0.1/math.Sqrt(3))
	near(t, "high", d.T.High, 0.2+4.302652730*0.1/math.Sqrt(3))
	near(t, "sign", d.SignP, 0.25)
	near(t, "randomisation", d.RandomisationP, 0.25)
	if d.Wins != 3 || d.Losses != 0 || d.Ties != 0 || d.T.Freedom != 2 {
		t.Errorf("got %+v, want 3 wins and 2 degrees of freedom", d)
	}
}

// Where a test has nothing to go by it says so and is never NaN.
func TestDifferenceAtTheEdges(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name          string
		before, after []float64
		want          Difference
	}{
		{"nothing", nil, nil, Difference{Measure: "m", SignP: 1, RandomisationP: 1}},
		{"one query", []float64{0}, []float64{1}, Difference{Measure: "m", Other: 1, Mean: 1, Wins: 1, SignP: 1, RandomisationP: 1}},
		{"equal", []float64{0.1 + 0.2, 1}, []float64{0.3, 1}, Difference{Measure: "m", Base: 0.65, Other: 0.65, Ties: 2, T: &TTest{Freedom: 1, P: 1}, SignP: 1, RandomisationP: 1}},
		{"all alike", []float64{0, 0}, []float64{-1, -1}, Difference{Measure: "m", Other: -1, Mean: -1, Losses: 2, SignP: 0.5, RandomisationP: 0.5}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := difference("m", test.before, test.after)
			got.Base, got.Other, got.SignP = round(got.Base), round(got.Other), round(got.SignP)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func round(v float64) float64 { return math.Round(v*1e9) / 1e9 }

// Sign test by hand: 1 loss of 6 is 2·(1+6)/64, 30 wins to 15 losses 0.0357.
func TestSignTest(t *testing.T) {
	t.Parallel()
	near(t, "5:1", signTest(5, 1), 14.0/64)
	near(t, "1:5", signTest(1, 5), 14.0/64)
	near(t, "3:3", signTest(3, 3), 1)
	if p := signTest(30, 15); math.Abs(p-0.0357) > 1e-4 {
		t.Errorf("30:15: got %v, want 0.0357", p)
	}
}

// Beyond the exact size the sample is the same each time and near the truth:
// twenty equal differences are as extreme in 2 of 2^20 patterns, ten to ten
// always.
func TestSampledRandomisation(t *testing.T) {
	t.Parallel()
	even, clear := make([]float64, 20), make([]float64, 20)
	for i := range even {
		even[i], clear[i] = 1-2*float64(i%2), 1
	}
	if p := randomisationTest(even); p != 1 {
		t.Errorf("even: got %v, want 1", p)
	}
	first := randomisationTest(clear)
	if first > 0.001 || first != randomisationTest(clear) {
		t.Errorf("clear: got %v, want under 0.001 and the same again", first)
	}
	mixed := []float64{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1}
	if p := randomisationTest(mixed); math.Abs(p-0.1153) > 0.01 { // binomial: 14 or more of 20, twice
		t.Errorf("14:6: got %v, want about 0.115", p)
	}
}

func row(query string, ndcg float64) Row { return Row{Query: query, NDCG10: ndcg} }

// Queries are paired by text, sorted by loss, ties by text, and those of one
// report only are named.
func TestCompare(t *testing.T) {
	t.Parallel()
	base := Report{Name: "old", Rows: []Row{row("only old", 1), row("b", 0.5), row("a", 0.5), row("lost", 0.9), row("won", 0.1)}}
	other := Report{Name: "new", Rows: []Row{row("won", 0.6), row("a", 0.5), row("lost", 0.2), row("b", 0.5), row("only new", 1)}}
	got := Compare(base, other)
	var order []string
	for _, q := range got.Queries {
		order = append(order, q.Base.Query)
	}
	if diff := cmp.Diff([]string{"lost", "a", "b", "won"}, order); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"only old", "only new"}, got.Unpaired); diff != "" {
		t.Errorf("unpaired (-want +got):\n%s", diff)
	}
	d := got.Measures[0]
	if d.Measure != "ndcg_at_10" || d.Wins != 1 || d.Losses != 1 || d.Ties != 2 {
		t.Errorf("got %+v", d)
	}
	near(t, "mean difference", d.Mean, (0.5-0.7)/4)
	near(t, "base over the pairs", d.Base, 0.5)
}
