package rank

import "math"

// Parameters of BM25F: how fast a term's weight saturates (k1), and how much a
// field's length counts (b).
const (
	saturation  = 0.6
	lengthShare = 0.4
)

// IDF is the weight of a concept that df of n products match.
func IDF(n, df int) float64 {
	return math.Log1p((float64(n-df) + 0.5) / (float64(df) + 0.5))
}

// Saturate is the share of idf that a weighted frequency earns.
func Saturate(x float64) float64 { return x / (saturation + x) }

// Coverage is the factor for products that match only some required concepts.
func Coverage(matched, required int) float64 {
	if required == 0 || matched >= required {
		return 1
	}
	return float64(matched) / float64(required)
}
