package relevance

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func judgments(t *testing.T, of map[string]Ratings, queries ...string) *Judgments {
	t.Helper()
	j := &Judgments{}
	for _, query := range queries {
		for id, rating := range of[query] {
			if !j.Add(query, id, rating) {
				t.Fatalf("%q is judged twice for %q", id, query)
			}
		}
	}
	return j
}

// Queries without a relevant judgment are left out and counted, a query without
// results counts 0, a query that was not judged is ignored, and nothing is NaN.
func TestEvaluate(t *testing.T) {
	t.Parallel()
	j := judgments(t, map[string]Ratings{
		"q1": {"a": 3, "b": 2, "c": 0},
		"q2": {"a": 0, "b": 0},
		"q4": {"a": 1},
		"q5": {"a": 1, "b": 0, "c": 0, "d": 0},
	}, "q1", "q2", "q4", "q5")
	got := Evaluate(j, Run{
		"q1": {"a", "b", "c"},
		"q2": {"a"},
		"q3": {"a"},
		"q5": {"b", "c", "x", "a", "a", "b"},
	})
	want := Report{
		NDCG10:          (1 + 0 + 1/math.Log2(5)) / 3,
		CondensedNDCG10: (1 + 0 + 1/math.Log2(4)) / 3,
		MRR:             (1 + 0 + 0.25) / 3,
		Precision10:     (0.2 + 0 + 0.1) / 3,
		Recall100:       2.0 / 3,
		Judged10:        6.0 / 7,
		ZeroResultRate:  1.0 / 3,
		Queries:         3, QueriesWithoutRelevant: 1,
		LeftOut: []string{"q2"},
	}
	near := cmpopts.EquateApprox(0, 1e-9)
	if diff := cmp.Diff(want, got, near, cmpopts.IgnoreFields(Report{}, "Rows")); diff != "" {
		t.Errorf("means (-want +got):\n%s", diff)
	}
	last := Row{
		Query: "q5", NDCG10: 1 / math.Log2(5), CondensedNDCG10: 0.5, ReciprocalRank: 0.25, Precision10: 0.1, Recall100: 1,
		Results: 4, Relevant: 1, Top: []Result{{"b", 0}, {"c", 0}, {"x", -1}, {"a", 1}},
	}
	if diff := cmp.Diff(last, got.Rows[2], near); diff != "" {
		t.Errorf("row of q5 (-want +got):\n%s", diff)
	}
}

// A report of nothing is all zeros.
func TestEvaluateNothing(t *testing.T) {
	t.Parallel()
	onlyZero := judgments(t, map[string]Ratings{"q": {"a": 0}}, "q")
	for _, test := range []struct {
		name string
		j    *Judgments
		want Report
	}{
		{"no judgments", &Judgments{}, Report{Rows: []Row{}, LeftOut: []string{}}},
		{"none relevant", onlyZero, Report{Rows: []Row{}, LeftOut: []string{"q"}, QueriesWithoutRelevant: 1}},
	} {
		if diff := cmp.Diff(test.want, Evaluate(test.j, nil)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

// The measures see no further than they say.
func TestEvaluateDepth(t *testing.T) {
	t.Parallel()
	j := judgments(t, map[string]Ratings{"q": {"a": 1}}, "q")
	var long []string
	for range RunDepth {
		long = append(long, "x"+string(rune('0'+len(long))))
	}
	got := Evaluate(j, Run{"q": append(long, "a")})
	if got.Recall100 != 0 || got.MRR != 0 || len(got.Rows[0].Top) != 10 {
		t.Errorf("the 101st result counted: %+v", got)
	}
}

// The same input gives the same report, whatever the order of maps.
func TestEvaluateIsSteady(t *testing.T) {
	t.Parallel()
	of := map[string]Ratings{}
	run := Run{}
	var queries []string
	for i := range 50 {
		query := string(rune('A' + i))
		queries = append(queries, query)
		of[query] = Ratings{"a": i % 4, "b": (i + 1) % 4, "c": 1}
		run[query] = []string{"c", "a", "b"}
	}
	first := Evaluate(judgments(t, of, queries...), run)
	for range 20 {
		if diff := cmp.Diff(first, Evaluate(judgments(t, of, queries...), run)); diff != "" {
			t.Fatalf("reports differ:\n%s", diff)
		}
	}
}
