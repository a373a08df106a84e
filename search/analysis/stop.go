package analysis

import "strings"

// englishStops are words that say little beside real words. Words that change
// what is meant ("no", "off", "without") are not among them.
func englishStops() map[string]struct{} {
	const words = "a an and are as at be by for from has in into is it its of on or " +
		"that the their there these this to was were will with your"
	stops := make(map[string]struct{})
	for _, w := range strings.Fields(words) {
		stops[w] = struct{}{}
	}
	return stops
}
