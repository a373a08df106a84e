package search_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/aisle-search/aisle/search"
)

// filledFolder is a data folder with a serving generation of so many products, in
// several segments.
func filledFolder(t *testing.T, products int) string {
	t.Helper()
	dir := t.TempDir()
	s := reopenTestStore(t, dir, 2)
	x := beginFilled(t, s, products)
	if err := s.Swap(x); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

// beginFilled builds a generation beside the one that serves.
func beginFilled(t *testing.T, s *search.Store, products int) *search.Index {
	t.Helper()
	x, err := s.Begin(testSchema())
	if err != nil {
		t.Fatal(err)
	}
	fillGeneration(t, x, products)
	return x
}

func fillGeneration(t *testing.T, x *search.Index, products int) {
	t.Helper()
	for from := 0; from < products; from += 300 {
		b := search.Batch{Position: []byte("x")}
		for i := from; i < min(from+300, products); i++ {
			b.Documents = append(b.Documents, titled(fmt.Sprint(i), "mouse"))
		}
		commit(t, x, b)
	}
}

// complaints collects what a store reports.
type complaints struct {
	mu   sync.Mutex
	said []string
}

func (c *complaints) add(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.said = append(c.said, err.Error())
}

func (c *complaints) all() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return strings.Join(c.said, "\n")
}

func one(t *testing.T, pattern string) string {
	t.Helper()
	found, err := filepath.Glob(pattern)
	if err != nil || len(found) == 0 {
		t.Fatalf("no file %s (%v)", pattern, err)
	}
	return found[0]
}

func halve(t *testing.T, path string) {
	t.Helper()
	info, err := os.Stat(path)
	if err == nil {
		err = os.Truncate(path, info.Size()/2)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// A damaged generation is set aside whole and said; a new one can be built beside
// it. Nothing panics, nothing empty serves.
func TestDamagedGeneration(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]func(t *testing.T, dir string){
		"root cut":     func(t *testing.T, dir string) { halve(t, filepath.Join(dir, "p0", "root.bolt")) },
		"root emptied": func(t *testing.T, dir string) { write(t, filepath.Join(dir, "p1", "root.bolt"), "") },
		"root garbled": func(t *testing.T, dir string) {
			write(t, filepath.Join(dir, "p1", "root.bolt"), strings.Repeat("junk", 40_000))
		},
		"segment cut": func(t *testing.T, dir string) { halve(t, one(t, filepath.Join(dir, "p0", "*.zap"))) },
		"segment gone": func(t *testing.T, dir string) {
			if err := os.Remove(one(t, filepath.Join(dir, "p1", "*.zap"))); err != nil {
				t.Fatal(err)
			}
		},
		"one byte": func(t *testing.T, dir string) {
			path := one(t, filepath.Join(dir, "p0", "*.zap"))
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			b[len(b)/3] ^= 1
			write(t, path, string(b))
		},
		"partition gone": func(t *testing.T, dir string) {
			if err := os.RemoveAll(filepath.Join(dir, "p1")); err != nil {
				t.Fatal(err)
			}
		},
		"manifest garbled": func(t *testing.T, dir string) { write(t, filepath.Join(dir, "manifest.json"), "{") },
		"dictionary gone": func(t *testing.T, dir string) {
			if err := os.Remove(filepath.Join(dir, "records.dict")); err != nil {
				t.Fatal(err)
			}
		},
		"older format": func(t *testing.T, dir string) {
			path := filepath.Join(dir, "manifest.json")
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			write(t, path, strings.Replace(string(b), `"format": 3`, `"format": 2`, 1))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := filledFolder(t, 600)
			damage(t, filepath.Join(dir, "generations", "1"))
			before := fileCount(t, filepath.Join(dir, "generations", "1"))
			var c complaints
			s, err := search.OpenStore(dir, search.Options{Partitions: 2, OnError: c.add})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			if _, ok := s.Serving(); ok {
				t.Error("the damaged generation serves")
			}
			if s.SetAside() == "" || !strings.Contains(c.all(), "damaged-1") {
				t.Errorf("said %q, and to the log %q", s.SetAside(), c.all())
			}
			if got := fileCount(t, filepath.Join(dir, "generations", "damaged-1")); got != before {
				t.Errorf("%d files were set aside of %d", got, before)
			}
			x := beginFilled(t, s, 50)
			if err := s.Swap(x); err != nil {
				t.Fatal(err)
			}
			if p := find(t, s, search.Query{Text: "mouse"}); p.Total != 50 || x.Generation() != 2 || s.SetAside() != "" {
				t.Errorf("rebuilt: got %d products in generation %d, %q", p.Total, x.Generation(), s.SetAside())
			}
		})
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func fileCount(t *testing.T, dir string) (n int) {
	t.Helper()
	err := filepath.WalkDir(dir, func(_ string, e os.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			n++
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// When CURRENT is gone, the last complete generation serves; a refused one is none.
func TestMissingCurrent(t *testing.T) {
	t.Parallel()
	dir := filledFolder(t, 60)
	s := reopenTestStore(t, dir, 2)
	x := beginFilled(t, s, 70)
	if err := errors.Join(s.Refuse(x, "it is worse"), s.Close(), os.Remove(filepath.Join(dir, "CURRENT"))); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		s = reopenTestStore(t, dir, 2)
		if p := find(t, s, search.Query{Text: "mouse"}); p.Total != 60 {
			t.Errorf("got %d products, want 60", p.Total)
		}
		wantStates(t, s, "1 serving 60", "2 refused 70")
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// A previous generation that is damaged cannot come back; that is said, and the
// serving one stays.
func TestDamagedPrevious(t *testing.T) {
	t.Parallel()
	dir := filledFolder(t, 60)
	s := reopenTestStore(t, dir, 2)
	x := beginFilled(t, s, 70)
	if err := errors.Join(s.Swap(x), s.Close()); err != nil {
		t.Fatal(err)
	}
	halve(t, filepath.Join(dir, "generations", "1", "p0", "root.bolt"))
	s = reopenTestStore(t, dir, 2)
	if _, err := s.BeginRollback(); err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("got %v, want that it is damaged", err)
	}
	if p := find(t, s, search.Query{Text: "mouse"}); p.Total != 70 {
		t.Errorf("got %d products, want 70", p.Total)
	}
}

// When CURRENT cannot be read, the last complete generation serves.
func TestDamagedCurrent(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "x", "\x00\x00"} {
		dir := filledFolder(t, 60)
		write(t, filepath.Join(dir, "CURRENT"), text)
		var c complaints
		s, err := search.OpenStore(dir, search.Options{Partitions: 2, OnError: c.add})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		if c.all() == "" {
			t.Error("nothing was said")
		}
		if p := find(t, s, search.Query{Text: "mouse"}); p.Total != 60 {
			t.Errorf("CURRENT %q: got %d products, want 60", text, p.Total)
		}
	}
}

// When the serving generation is damaged and the one before is kept, that serves.
func TestDamagedFallsBack(t *testing.T) {
	t.Parallel()
	dir := filledFolder(t, 60)
	s := reopenTestStore(t, dir, 2)
	x := beginFilled(t, s, 70)
	if err := s.Swap(x); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	halve(t, filepath.Join(dir, "generations", "2", "p0", "root.bolt"))
	for range 2 { // and after another start
		var c complaints
		s, err := search.OpenStore(dir, search.Options{Partitions: 2, OnError: c.add})
		if err != nil {
			t.Fatal(err)
		}
		if p := find(t, s, search.Query{Text: "mouse"}); p.Total != 60 {
			t.Errorf("got %d products, want 60", p.Total)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
