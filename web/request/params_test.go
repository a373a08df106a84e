package request

import "testing"

// A limit and a time are taken as whole as they are given.
func TestDigits(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in   string
		want int
		ok   bool
	}{{"0", 0, true}, {"007", 7, true}, {"999999999", 999_999_999, true}, {"", 0, false}, {"-1", 0, false}, {"+1", 0, false}, {"1.0", 0, false}, {"１", 0, false}, {"1000000000", 0, false}}
	for _, tt := range tests {
		if got, ok := digits(tt.in); got != tt.want || ok != tt.ok {
			t.Errorf("digits(%q) = %d, %v, want %d, %v", tt.in, got, ok, tt.want, tt.ok)
		}
	}
}
