package mapping

import (
	"math"
	"testing"
	"time"
)

func TestParseQuantity(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]int64{
		"": 0, "0": 0, "7": 7, "-3": -3, "t": 1, "f": 0, "12.000": 12, "2.99": 2, "-2.99": -2, "NaN": 0,
		"Infinity": math.MaxInt64, "-Infinity": math.MinInt64, "1e+06": 1_000_000, "1.5e3": 1500, "99999999999999999999": math.MaxInt64,
		"99999999999999999999.5": math.MaxInt64, "-1e400": math.MinInt64, "pieces": 0,
	} {
		if got := parseQuantity([]byte(in)); got != want {
			t.Errorf("%q: got %d, want %d", in, got, want)
		}
	}
}

func TestSaturatingSub(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ a, b, want int64 }{
		{5, 3, 2}, {3, 5, -2}, {math.MinInt64, 1, math.MinInt64}, {math.MaxInt64, -1, math.MaxInt64}, {0, math.MinInt64, math.MaxInt64},
	} {
		if got := saturatingSub(c.a, c.b); got != c.want {
			t.Errorf("%d - %d: got %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

func TestParseTime(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]time.Time{
		"2024-02-29 01:02:03.456789+00": time.Date(2024, 2, 29, 1, 2, 3, 456_789_000, time.UTC),
		"2024-02-29 01:02:03+00":        time.Date(2024, 2, 29, 1, 2, 3, 0, time.UTC),
		"2024-02-29 01:02:03.5":         time.Date(2024, 2, 29, 1, 2, 3, 500_000_000, time.UTC),
		"2024-02-29":                    time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC),
		"":                              {}, "infinity": {}, "-infinity": {}, "0044-03-15 BC": {}, "20240-01-01": {},
	} {
		if got := parseTime(in); !got.Equal(want) {
			t.Errorf("%q: got %v, want %v", in, got, want)
		}
	}
}
