package reach

import (
	"context"
	"errors"
	"log/slog"
	"testing"
)

var (
	errAway  = errors.New("away")
	errUnfit = errors.New("unfit")
)

// Only a database that is away is waited for, and only where an index serves.
func TestAll(t *testing.T) {
	t.Parallel()
	log := slog.New(slog.DiscardHandler)
	tests := []struct {
		name    string
		serves  bool
		found   []error // by the checks, in turn
		want    error
		waiting bool
	}{
		{"there", false, []error{nil}, nil, false},
		{"unfit", true, []error{errUnfit}, errUnfit, false},
		{"away, no index", false, []error{errAway}, errAway, false},
		{"away for a while", true, []error{errAway, errAway, nil}, nil, true},
		{"away, then unfit", true, []error{errAway, errUnfit}, nil, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			checks := 0
			d := Database{
				Name: "a database", Away: func(err error) bool { return errors.Is(err, errAway) },
				Check: func(context.Context) error { checks++; return tt.found[checks-1] },
			}
			waiting, err := All(t.Context(), tt.serves, log, d)
			if !errors.Is(err, tt.want) || len(waiting) > 0 != tt.waiting {
				t.Fatalf("got %v and %d to wait for, want %v, %v", err, len(waiting), tt.want, tt.waiting)
			}
			for _, wait := range waiting {
				wait(t.Context())
			}
			if checks != len(tt.found) {
				t.Errorf("got %d checks, want %d", checks, len(tt.found))
			}
		})
	}
}
