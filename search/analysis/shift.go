package analysis

import "strings"

// shift moves the decimal point of a value by exp places: shift("1.5", 2) is
// "150".
func shift(value string, exp int) string {
	whole, fraction, _ := strings.Cut(value, ".")
	for ; exp > 0; exp-- {
		next := "0"
		if fraction != "" {
			next, fraction = fraction[:1], fraction[1:]
		}
		whole += next
	}
	for ; exp < 0; exp++ {
		last := "0"
		if whole != "" {
			last, whole = whole[len(whole)-1:], whole[:len(whole)-1]
		}
		fraction = last + fraction
	}
	whole = strings.TrimLeft(whole, "0")
	fraction = strings.TrimRight(fraction, "0")
	if whole == "" {
		whole = "0"
	}
	if fraction == "" {
		return whole
	}
	return whole + "." + fraction
}
