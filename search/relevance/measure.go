package relevance

import (
	"math"
	"slices"
)

// NDCG returns the discounted cumulative gain of the first k results over that
// of the ideal order of everything judged; 0 when nothing relevant is judged.
func NDCG(ranked []string, ratings Ratings, k int) float64 {
	best := make([]int, 0, len(ratings))
	for _, rating := range ratings {
		best = append(best, rating)
	}
	slices.SortFunc(best, func(a, b int) int { return b - a })
	ideal := dcg(best, k)
	if ideal == 0 {
		return 0
	}
	got := make([]int, 0, k)
	for _, id := range ranked[:min(k, len(ranked))] {
		got = append(got, ratings[id])
	}
	return dcg(got, k) / ideal
}

// dcg adds up gains (2^r − 1) / log2(place + 1), places from 1.
func dcg(ratings []int, k int) float64 {
	sum := 0.0
	for i, r := range ratings[:min(k, len(ratings))] {
		sum += (math.Exp2(float64(r)) - 1) / math.Log2(float64(i)+2)
	}
	return sum
}

// Condensed returns the ranked list without what was not judged: measured on
// it, a run is not punished for results that nobody looked at.
func Condensed(ranked []string, ratings Ratings) []string {
	var judged []string
	for _, id := range ranked {
		if _, ok := ratings[id]; ok {
			judged = append(judged, id)
		}
	}
	return judged
}

// ReciprocalRank returns 1 / the place of the first relevant result, or 0.
func ReciprocalRank(ranked []string, ratings Ratings) float64 {
	for i, id := range ranked {
		if ratings[id] > 0 {
			return 1 / float64(i+1)
		}
	}
	return 0
}

// Precision returns the relevant share of the first k places; a place without a
// result is not relevant.
func Precision(ranked []string, ratings Ratings, k int) float64 {
	return float64(relevantWithin(ranked, ratings, k)) / float64(k)
}

// Recall returns the share of the relevant products that are among the first k
// results; 0 when nothing relevant is judged.
func Recall(ranked []string, ratings Ratings, k int) float64 {
	relevant := ratings.Relevant()
	if relevant == 0 {
		return 0
	}
	return float64(relevantWithin(ranked, ratings, k)) / float64(relevant)
}

func relevantWithin(ranked []string, ratings Ratings, k int) int {
	n := 0
	for _, id := range ranked[:min(k, len(ranked))] {
		if ratings[id] > 0 {
			n++
		}
	}
	return n
}

// distinct drops later mentions of an id.
func distinct(ranked []string) []string {
	seen := make(map[string]bool, len(ranked))
	var once []string
	for _, id := range ranked {
		if !seen[id] {
			seen[id] = true
			once = append(once, id)
		}
	}
	return once
}
