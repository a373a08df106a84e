package search_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/aisle-search/aisle/search"
)

// states are the generations on disk as "number state documents".
func states(t *testing.T, s *search.Store) (out []string) {
	t.Helper()
	if err := s.Tidy(); err != nil {
		t.Fatal(err)
	}
	all, err := s.Generations()
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range all {
		if g.Bytes <= 0 || g.Created.IsZero() {
			t.Errorf("got %+v", g)
		}
		out = append(out, fmt.Sprint(g.Number, " ", g.State, " ", g.Documents))
	}
	return out
}

func wantStates(t *testing.T, s *search.Store, want ...string) {
	t.Helper()
	if got := states(t, s); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("generations: got %q, want %q", got, want)
	}
}

// The generation that served before is kept on disk, one of them, and can serve
// again, also after a restart; then the other is the previous one.
func TestRollback(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := reopenTestStore(t, dir, 1)
	if _, err := s.BeginRollback(); !errors.Is(err, search.ErrNoPrevious) {
		t.Errorf("got %v, want %v", err, search.ErrNoPrevious)
	}
	for n := range 3 {
		x, err := s.Begin(testSchema())
		if err != nil {
			t.Fatal(err)
		}
		fillGeneration(t, x, 10*(n+1))
		if err := s.Swap(x); err != nil {
			t.Fatal(err)
		}
	}
	wantStates(t, s, "3 serving 30", "2 previous 20")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = reopenTestStore(t, dir, 1)
	wantStates(t, s, "3 serving 30", "2 previous 20")
	back, err := s.BeginRollback()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Discard(back); err != nil { // given up: nothing is lost
		t.Fatal(err)
	}
	wantStates(t, s, "3 serving 30", "2 previous 20")
	if back, err = s.BeginRollback(); err != nil {
		t.Fatal(err)
	}
	commit(t, back, search.Batch{Documents: []search.Document{titled("new", "mouse")}, Position: []byte("y")})
	if err := s.Swap(back); err != nil {
		t.Fatal(err)
	}
	wantStates(t, s, "2 serving 21", "3 previous 30")
	if p := find(t, s, search.Query{Text: "mouse"}); p.Total != 21 {
		t.Errorf("got %d products, want 21", p.Total)
	}
	x, err := s.Begin(testSchema())
	if err != nil || x.Generation() != 4 {
		t.Errorf("the next generation: got %v, %v, want 4", x.Generation(), err)
	}
}

// The previous generation is kept for as long as is asked for, also across restarts.
func TestKeepPrevious(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name        string
		keep, after time.Duration
		kept        bool
	}{
		{"not at all", -1, 0, false},
		{"for an hour, and half of it has gone", time.Hour, 30 * time.Minute, true},
		{"for an hour, and two have gone", time.Hour, 2 * time.Hour, false},
		{"until the next", 0, 1000 * time.Hour, true},
	} {
		dir := t.TempDir()
		var later time.Duration
		open := func() *search.Store {
			s, err := search.OpenStore(dir, search.Options{
				Partitions: 1, KeepPrevious: tt.keep, Now: func() time.Time { return testInstant.Add(later) },
			})
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
		s := open()
		for range 2 {
			x, err := s.Begin(testSchema())
			if err != nil {
				t.Fatal(err)
			}
			fillGeneration(t, x, 10)
			if err := s.Swap(x); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		later = tt.after
		s = open()
		want := []string{"2 serving 10"}
		if tt.kept {
			want = append(want, "1 previous 10")
		}
		t.Log(tt.name)
		wantStates(t, s, want...)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// While its cursors are followed the previous generation is still open, and rolling
// back takes it as it is.
func TestRollbackToRetired(t *testing.T) {
	t.Parallel()
	s, x := openTestStore(t, 1)
	fillGeneration(t, x, 40)
	first := find(t, s, search.Query{Text: "mouse", Limit: 10})
	next, err := s.Begin(testSchema())
	if err != nil {
		t.Fatal(err)
	}
	fillGeneration(t, next, 50)
	if err := s.Swap(next); err != nil {
		t.Fatal(err)
	}
	wantStates(t, s, "2 serving 50", "1 previous 40")
	back, err := s.BeginRollback()
	if err != nil || back != x {
		t.Fatalf("got another index than the open one (%v)", err)
	}
	if err := s.Swap(back); err != nil {
		t.Fatal(err)
	}
	if p := find(t, s, search.Query{Cursor: first.Next}); p.Total != 40 || p.Paging != "snapshot" {
		t.Errorf("the cursor goes on with %d products by %s", p.Total, p.Paging)
	}
	wantStates(t, s, "1 serving 40", "2 previous 50")
}

// A refused generation stays on disk, with the reason, until the next is begun.
func TestRefuse(t *testing.T) {
	t.Parallel()
	dir := filledFolder(t, 10)
	s := reopenTestStore(t, dir, 2)
	x, err := s.Begin(testSchema())
	if err != nil {
		t.Fatal(err)
	}
	fillGeneration(t, x, 5)
	if err := s.Refuse(x, "it is worse"); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = reopenTestStore(t, dir, 2)
	wantStates(t, s, "1 serving 10", "2 refused 5")
	all, err := s.Generations()
	if err != nil || all[1].Reason != "it is worse" {
		t.Errorf("got %+v, %v", all, err)
	}
	if x, err = s.Begin(testSchema()); err != nil {
		t.Fatal(err)
	}
	if err := s.Swap(x); err != nil {
		t.Fatal(err)
	}
	wantStates(t, s, "3 serving 0", "1 previous 10")
}
