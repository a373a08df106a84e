package relevance

import "math"

// studentTwoSided returns the probability that |T| is at least |t| for Student's
// distribution of df degrees of freedom.
func studentTwoSided(t, df float64) float64 {
	return incompleteBeta(df/2, 0.5, df/(df+t*t))
}

// studentQuantile returns the t whose two-sided probability is p, by bisection.
func studentQuantile(p, df float64) float64 {
	low, high := 0.0, 1.0
	for studentTwoSided(high, df) > p {
		high *= 2
	}
	for range 200 {
		mid := (low + high) / 2
		if studentTwoSided(mid, df) > p {
			low = mid
		} else {
			high = mid
		}
	}
	return (low + high) / 2
}

// incompleteBeta returns the regularised incomplete beta function I_x(a, b).
func incompleteBeta(a, b, x float64) float64 {
	if x <= 0 {
		return 0
	}
	if x >= 1 {
		return 1
	}
	// The continued fraction converges fast only on this side of the mean; on the
	// other, I_x(a, b) = 1 − I_{1−x}(b, a).
	if x > (a+1)/(a+b+2) {
		return 1 - incompleteBeta(b, a, 1-x)
	}
	return math.Exp(logBetaFront(a, b, x)) * betaFraction(a, b, x) / a
}

// logBetaFront returns ln(x^a (1−x)^b / B(a, b)).
func logBetaFront(a, b, x float64) float64 {
	sum, _ := math.Lgamma(a + b)
	la, _ := math.Lgamma(a)
	lb, _ := math.Lgamma(b)
	return sum - la - lb + a*math.Log(x) + b*math.Log1p(-x)
}

// betaFraction evaluates the continued fraction of I_x(a, b) by Lentz's method.
// Coefficients: d(2m) = m(b−m)x / ((a+2m−1)(a+2m)),
// d(2m+1) = −(a+m)(a+b+m)x / ((a+2m)(a+2m+1)).
func betaFraction(a, b, x float64) float64 {
	const (
		tiny      = 1e-300
		precision = 1e-15
		terms     = 500
	)
	value, c, d := 1.0, 1.0, 0.0
	for i := range terms {
		m := float64(i / 2)
		var numerator float64
		switch {
		case i == 0:
			numerator = 1
		case i%2 == 0:
			numerator = m * (b - m) * x / ((a + 2*m - 1) * (a + 2*m))
		default:
			numerator = -(a + m) * (a + b + m) * x / ((a + 2*m) * (a + 2*m + 1))
		}
		d = 1 / awayFromZero(1+numerator*d, tiny)
		c = awayFromZero(1+numerator/c, tiny)
		value *= c * d
		if i > 0 && math.Abs(1-c*d) < precision {
			break
		}
	}
	return value - 1
}

func awayFromZero(x, tiny float64) float64 {
	if math.Abs(x) < tiny {
		return tiny
	}
	return x
}
