package facet

// nth is the number that would stand at place n if numbers were sorted. It changes
// their order. Invariant: 0 <= n < len(numbers), and none is NaN.
func nth(numbers []float64, n int) float64 {
	lo, hi := 0, len(numbers)-1
	for lo < hi {
		pivot := middle(numbers[lo], numbers[lo+(hi-lo)/2], numbers[hi])
		i, j := lo, hi
		for i <= j {
			for numbers[i] < pivot {
				i++
			}
			for numbers[j] > pivot {
				j--
			}
			if i <= j {
				numbers[i], numbers[j] = numbers[j], numbers[i]
				i++
				j--
			}
		}
		switch {
		case n <= j:
			hi = j
		case n >= i:
			lo = i
		default:
			return numbers[n]
		}
	}
	return numbers[n]
}

// middle is the median of three.
func middle(a, b, c float64) float64 { return max(min(a, b), min(max(a, b), c)) }
