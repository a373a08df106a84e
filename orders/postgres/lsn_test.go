package postgres

import "testing"

func TestLSN(t *testing.T) {
	t.Parallel()
	for _, lsn := range []LSN{0, 1, 0x16B374D848, 1<<64 - 1} {
		if got, err := ParseLSN(lsn.String()); err != nil || got != lsn {
			t.Errorf("got %v, %v; want %v", got, err, lsn)
		}
	}
	for _, bad := range []string{"", "/", "1", "1/", "/1", "1/1/1", "g/1", "+1/1", "1/-1", "1/123456789", "1/1 ", "0x1/1", "1_1/1"} {
		if got, err := ParseLSN(bad); err == nil {
			t.Errorf("%q: got %v, want an error", bad, got)
		}
	}
}
