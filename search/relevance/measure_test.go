package relevance

import (
	"math"
	"testing"
)

// The ideal of ratings 3, 2, 0 is 7/log2(2) + 3/log2(3) = 8.892789.
func TestMeasures(t *testing.T) {
	t.Parallel()
	ratings := Ratings{"a": 3, "b": 2, "c": 0}
	tests := []struct {
		name                                    string
		ranked                                  []string
		ndcg, condensed, mrr, precision, recall float64
	}{
		{"ideal", []string{"a", "b", "c"}, 1, 1, 1, 0.2, 1},
		{"two swapped: (3 + 7/log2(3)) / ideal", []string{"b", "a", "c"}, 0.833991, 0.833991, 1, 0.2, 1},
		{"unjudged first: (7/log2(3) + 3/2) / ideal", []string{"x", "a", "b"}, 0.665315, 1, 0.5, 0.2, 1},
		{"irrelevant first: (7/log2(3)) / ideal", []string{"c", "a"}, 0.496639, 0.496639, 0.5, 0.1, 0.5},
		{"only unjudged", []string{"x", "y"}, 0, 0, 0, 0, 0},
		{"none", nil, 0, 0, 0, 0, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			near(t, "nDCG", NDCG(test.ranked, ratings, 10), test.ndcg)
			near(t, "condensed", NDCG(Condensed(test.ranked, ratings), ratings, 10), test.condensed)
			near(t, "MRR", ReciprocalRank(test.ranked, ratings), test.mrr)
			near(t, "precision", Precision(test.ranked, ratings, 10), test.precision)
			near(t, "recall", Recall(test.ranked, ratings, 10), test.recall)
		})
	}
}

// Only the first k places count, in the ideal as in the run.
func TestDepth(t *testing.T) {
	t.Parallel()
	ratings := Ratings{"a": 1, "b": 1, "c": 3}
	near(t, "ideal at 1", NDCG([]string{"c", "a"}, ratings, 1), 1)
	near(t, "1/7 at 1", NDCG([]string{"a", "c"}, ratings, 1), 1.0/7)
	near(t, "beyond 2", Recall([]string{"a", "x", "b"}, ratings, 2), 1.0/3)
}

// Ratings above 3 have their own gain: 15 for 4.
func TestHighRating(t *testing.T) {
	t.Parallel()
	near(t, "3 before 4", NDCG([]string{"a", "b"}, Ratings{"a": 3, "b": 4}, 10), (7+15/math.Log2(3))/(15+7/math.Log2(3)))
}

func TestNothingRelevant(t *testing.T) {
	t.Parallel()
	zero := Ratings{"a": 0}
	near(t, "nDCG", NDCG([]string{"a"}, zero, 10), 0)
	near(t, "recall", Recall([]string{"a"}, zero, 10), 0)
}

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.IsNaN(got) || math.Abs(got-want) > 1e-6 {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}
