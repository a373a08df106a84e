package generate

import (
	"fmt"
	"math"
)

// ean is a number with the prefix 2, which shops give out themselves, and the
// check digit.
func ean(i int) string {
	digits := fmt.Sprintf("20%010d", 4_170_000+i*7)
	return digits + fmt.Sprint(checkDigit(digits))
}

// checkDigit makes the sum of digits, weighted 1 and 3 in turn from the left, a
// multiple of ten. Invariant: digits are twelve.
func checkDigit(digits string) int {
	sum := 0
	for i, d := range digits {
		weight := 1 + 2*(i%2)
		sum += weight * int(d-'0')
	}
	return (10 - sum%10) % 10
}

// ending turns euros into cents that look like a price.
func ending(euros float64, style string) int64 {
	whole := math.Max(1, math.Round(euros))
	switch {
	case euros < 3:
		return int64(math.Max(49, math.Round(euros*10)*10-1))
	case euros >= 1000:
		return int64(math.Round(euros/50)*50-1) * 100
	case euros >= 200:
		whole = math.Round(euros/10)*10 - 1
	case euros >= 60 && style != "00":
		whole = math.Round(euros/5)*5 - 1
	}
	switch style {
	case "00":
		return int64(whole) * 100
	case "95":
		return int64(whole)*100 - 5
	case "90":
		return int64(whole)*100 - 10
	}
	if euros >= 60 {
		return int64(whole)*100 + 99
	}
	return int64(whole)*100 - 1
}
