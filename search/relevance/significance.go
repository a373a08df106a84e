package relevance

import (
	"math"
	"math/rand/v2"
)

const (
	// exactSigns is up to how many differing queries all sign patterns are
	// tried: 2^16 sums.
	exactSigns = 16
	// sampledSigns is how many random patterns are tried beyond that: the
	// standard error of p = 0.05 is then 0.0015.
	sampledSigns = 20_000
)

// tTest tests whether the mean of paired differences is 0.
func tTest(deltas []float64) *TTest {
	n := len(deltas)
	if n < 2 {
		return nil
	}
	m, squares := mean(deltas), 0.0
	for _, d := range deltas {
		squares += (d - m) * (d - m)
	}
	deviation := math.Sqrt(squares / float64(n-1))
	if deviation < same {
		if math.Abs(m) < same {
			return &TTest{Freedom: n - 1, P: 1}
		}
		return nil
	}
	standardError := deviation / math.Sqrt(float64(n))
	t, df := m/standardError, float64(n-1)
	margin := studentQuantile(0.05, df) * standardError
	return &TTest{T: t, Freedom: n - 1, P: studentTwoSided(t, df), Low: m - margin, High: m + margin}
}

// signTest returns the two-sided binomial probability of so uneven a split when
// wins and losses are equally likely. Ties say nothing and are left out.
func signTest(wins, losses int) float64 {
	n := wins + losses
	tail := 0.0
	for i := range min(wins, losses) + 1 {
		tail += math.Exp(logChoose(n, i) - float64(n)*math.Ln2)
	}
	return min(1, 2*tail)
}

func logChoose(n, k int) float64 {
	a, _ := math.Lgamma(float64(n + 1))
	b, _ := math.Lgamma(float64(k + 1))
	c, _ := math.Lgamma(float64(n - k + 1))
	return a - b - c
}

// randomisationTest returns the share of sign patterns under which the sum of
// the differences is at least as far from 0 as it is: all patterns of a few
// differences, else a fixed sample of them, the observed one included.
func randomisationTest(deltas []float64) float64 {
	var differing []float64
	observed := 0.0
	for _, d := range deltas {
		if d != 0 {
			differing = append(differing, d)
			observed += d
		}
	}
	if len(differing) == 0 {
		return 1
	}
	extreme := func(sum float64) bool { return math.Abs(sum) >= math.Abs(observed)-same }
	if len(differing) <= exactSigns {
		return exactShare(differing, extreme)
	}
	return sampledShare(differing, extreme)
}

func exactShare(deltas []float64, extreme func(float64) bool) float64 {
	patterns, hits := 1<<len(deltas), 0
	for pattern := range patterns {
		sum := 0.0
		for i, d := range deltas {
			if pattern>>i&1 == 1 {
				d = -d
			}
			sum += d
		}
		if extreme(sum) {
			hits++
		}
	}
	return float64(hits) / float64(patterns)
}

// sampledShare draws with a fixed seed: the same reports give the same p.
func sampledShare(deltas []float64, extreme func(float64) bool) float64 {
	random := rand.New(rand.NewPCG(1, 2))
	hits := 1
	for range sampledSigns {
		sum := 0.0
		for _, d := range deltas {
			if random.Uint64()&1 == 1 {
				d = -d
			}
			sum += d
		}
		if extreme(sum) {
			hits++
		}
	}
	return float64(hits) / float64(sampledSigns+1)
}
