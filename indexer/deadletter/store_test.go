package deadletter

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var noon = time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)

func open(t *testing.T, path string, count int, bytes int64) *Store {
	t.Helper()
	s, err := Open(path, count, bytes)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func put(t *testing.T, s *Store, letters ...Letter) {
	t.Helper()
	if err := s.Put(letters); err != nil {
		t.Fatal(err)
	}
}

func ids(t *testing.T, s *Store, source string, skip, limit int) string {
	t.Helper()
	letters, err := s.List(source, skip, limit)
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, l := range letters {
		ids = append(ids, l.ID)
	}
	return strings.Join(ids, " ")
}

// Letters are kept over a restart, one per source and id, with the latest reason.
func TestPut(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "deadletters.db")
	s := open(t, path, 10, 1<<20)
	put(t, s, Letter{Source: "catalog", ID: "a", Reason: "first", Position: "1.1", At: noon})
	put(t, s, Letter{Source: "catalog", ID: "b", At: noon}, Letter{Source: "orders", ID: "a", At: noon})
	put(t, s, Letter{Source: "catalog", ID: "a", Reason: "second", Position: "2.1", At: noon})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, path, 10, 1<<20)
	got, err := s.Get("catalog", "a")
	want := Letter{Source: "catalog", ID: "a", Reason: "second", Position: "2.1", At: noon, Attempts: 2}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("letter (-want +got), %v:\n%s", err, diff)
	}
	if got := ids(t, s, "", 0, 9); got != "a a b" {
		t.Errorf("all, newest first: got %q, want %q", got, "a a b")
	}
	if got := ids(t, s, "catalog", 1, 1); got != "b" {
		t.Errorf("second of the catalogue: got %q, want b", got)
	}
	if c, o := s.Count("catalog"), s.Count("orders"); c != 2 || o != 1 {
		t.Errorf("count: got %d and %d, want 2 and 1", c, o)
	}
}

// Letters go when they are cleared, dropped or have outlived their time.
func TestRemove(t *testing.T) {
	t.Parallel()
	s := open(t, filepath.Join(t.TempDir(), "deadletters.db"), 10, 1<<20)
	for i, id := range []string{"a", "b", "c", "d"} {
		put(t, s, Letter{Source: "catalog", ID: id, At: noon.Add(time.Duration(i) * time.Hour)})
	}
	put(t, s, Letter{Source: "orders", ID: "a", At: noon})
	if err := s.Clear("catalog", []string{"a", "unknown"}); err != nil {
		t.Error(err)
	}
	if err := s.Drop("catalog", "d"); err != nil {
		t.Error(err)
	}
	if err := s.Drop("catalog", "d"); !errors.Is(err, ErrNotFound) {
		t.Errorf("dropped twice: got %v, want ErrNotFound", err)
	}
	if _, err := s.Get("catalog", "d"); !errors.Is(err, ErrNotFound) {
		t.Errorf("get: got %v, want ErrNotFound", err)
	}
	if err := s.Keep("catalog", []string{"c", "unknown"}); err != nil {
		t.Error(err)
	}
	if got := ids(t, s, "", 0, 9); got != "a c" {
		t.Errorf("left: got %q, want %q", got, "a c")
	}
}

// The store stays within its bounds: the oldest make room and are counted; long
// parts are cut and still told apart.
func TestBounds(t *testing.T) {
	t.Parallel()
	s := open(t, filepath.Join(t.TempDir(), "a.db"), 3, 1<<20)
	for i := range 5 {
		put(t, s, Letter{Source: "catalog", ID: fmt.Sprint(i), At: noon})
	}
	if got := ids(t, s, "", 0, 9); got != "4 3 2" || s.Evicted() != 2 {
		t.Errorf("got %q and %d evicted, want %q and 2", got, s.Evicted(), "4 3 2")
	}
	s = open(t, filepath.Join(t.TempDir(), "b.db"), 100, 5000)
	long := strings.Repeat("é", 40_000)
	for i := range 10 {
		put(t, s, Letter{Source: "catalog", ID: long + fmt.Sprint(i), Reason: long, At: noon})
	}
	if n := s.Count("catalog"); n < 1 || n > 3 {
		t.Errorf("letters of about 1,600 bytes within 5,000: got %d", n)
	}
	if _, err := s.Get("catalog", long+"9"); err != nil {
		t.Errorf("the newest: %v", err)
	}
}
