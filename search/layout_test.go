package search_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aisle-search/aisle/search"
)

// The same products rank alike however they came to lie on disk: on one partition or
// four, written at once or one by one with rewrites and deletions, and after a rebuild.
func TestOrderDoesNotDependOnLayout(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	words := strings.Fields("wireless mouse keyboard usb cable lamp desk black white pad gaming office mini led cover")
	var docs []search.Document
	for i := range 200 {
		var title []string
		for range 3 + rng.IntN(5) {
			title = append(title, words[rng.IntN(len(words))])
		}
		docs = append(docs, titled(fmt.Sprint("P", i), strings.Join(title, " ")))
	}
	queries := []string{"mouse", "wireless mouse", "black keyboard", "usb cable mini", "led desk lamp", "cover", "gaming mouse pad",
		"office", "white led", "keyboard cover black"}
	rank := func(s *search.Store) (all []string) {
		for _, q := range queries {
			p := find(t, s, search.Query{Text: q, Limit: 100})
			line := fmt.Sprint(q, " ", p.Total)
			for _, h := range p.Hits {
				line += fmt.Sprintf(" %s=%.5f", h.ID, h.Score)
			}
			all = append(all, line)
		}
		return all
	}
	fill := func(x *search.Index, scattered bool) {
		if !scattered {
			commit(t, x, search.Batch{Documents: docs, Position: []byte("x")})
			return
		}
		for some := range slices.Chunk(rng.Perm(len(docs)), 5) {
			var old, now search.Batch
			for _, i := range some {
				gone := fmt.Sprint("gone", i)
				old.Documents = append(old.Documents, titled(docs[i].ID, "old words mouse mouse mouse"), titled(gone, "mouse lamp"))
				now.Documents = append(now.Documents, docs[i])
				now.Deletes = append(now.Deletes, gone)
			}
			commit(t, x, old)
			commit(t, x, now)
		}
	}
	var want []string
	for _, partitions := range []int{1, 4} {
		for _, scattered := range []bool{false, true} {
			s, x := openTestStore(t, partitions)
			fill(x, scattered)
			got := rank(s)
			if want == nil {
				want = got
			}
			if !slices.Equal(got, want) {
				t.Errorf("%d partitions, scattered %v: got\n%s\nwant\n%s", partitions, scattered, strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
			next, err := s.Begin(testSchema())
			if err != nil {
				t.Fatal(err)
			}
			fill(next, !scattered)
			if err := s.Swap(next); err != nil {
				t.Fatal(err)
			}
			if got := rank(s); !slices.Equal(got, want) {
				t.Errorf("%d partitions, rebuilt: got\n%s\nwant\n%s", partitions, strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		}
	}
}

// Products that are written again and again occur once in hits, totals and walks.
func TestRewrittenOnce(t *testing.T) {
	t.Parallel()
	s, x := openTestStore(t, 2)
	rng := rand.New(rand.NewPCG(3, 4))
	live := map[string]bool{}
	for range 10 {
		var b search.Batch
		for _, i := range rng.Perm(100)[:50] {
			id := fmt.Sprint("P", i)
			b.Documents = append(b.Documents, titled(id, fmt.Sprint("mouse ", rng.IntN(5))))
			live[id] = true
		}
		commit(t, x, b)
		seen := map[string]bool{}
		for q := (search.Query{Text: "mouse", Limit: 7}); ; {
			p := find(t, s, q)
			if p.Total != len(live) {
				t.Fatalf("total: got %d, want %d", p.Total, len(live))
			}
			for _, id := range ids(p) {
				if seen[id] {
					t.Errorf("%s came twice", id)
				}
				seen[id] = true
			}
			if p.Next == "" {
				break
			}
			q = search.Query{Cursor: p.Next}
		}
		if len(seen) != len(live) {
			t.Errorf("a walk met %d products, want %d", len(seen), len(live))
		}
	}
}

// Rewriting every product 50 times leaves the disk at no more than three times what
// it held, and no deleted files open.
func TestRewritesLeaveNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := reopenTestStore(t, dir, 2)
	x, err := s.Begin(testSchema())
	if err != nil {
		t.Fatal(err)
	}
	write := func(round int) {
		for from := 0; from < 1000; from += 250 {
			var b search.Batch
			for i := range 250 {
				d := titled(fmt.Sprint("P", from+i), fmt.Sprintf("mouse number %d with a wheel and %d buttons", from+i, i%7))
				d.Numbers = []search.NumberValue{{Field: "price", Value: float64(100*i + round)}}
				b.Documents = append(b.Documents, d)
			}
			b.Position = fmt.Append(nil, round)
			commit(t, x, b)
		}
	}
	write(0)
	if err := s.Swap(x); err != nil {
		t.Fatal(err)
	}
	start := folderBytes(t, dir)
	for round := range 50 {
		write(round + 1)
	}
	if err := x.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	end := time.Now().Add(time.Minute)
	for {
		if err := s.Tidy(); err != nil {
			t.Fatal(err)
		}
		now, held := folderBytes(t, dir), deletedOpen(dir)
		if now <= 3*start && len(held) <= 4 {
			t.Logf("%d bytes at first, %d after 50 rewrites", start, now)
			break
		}
		if time.Now().After(end) {
			t.Fatalf("disk: %d bytes, %d at first; deleted and held open: %v", now, start, held)
		}
		time.Sleep(50 * time.Millisecond)
	}
	if p := find(t, s, search.Query{Text: "mouse"}); p.Total != 1000 {
		t.Errorf("got %d products, want 1000", p.Total)
	}
}

func folderBytes(t *testing.T, dir string) (n int64) {
	t.Helper()
	err := filepath.WalkDir(dir, func(_ string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return nil // files come and go
		}
		if info, err := e.Info(); err == nil {
			n += info.Size()
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// deletedOpen are files below dir that this process holds open, or mapped, although
// they are deleted; where the system does not tell, none.
func deletedOpen(dir string) (held []string) {
	links, _ := filepath.Glob("/proc/self/fd/*") // the pattern is right
	for _, link := range links {
		if to, err := os.Readlink(link); err == nil && strings.HasPrefix(to, dir) && strings.HasSuffix(to, "(deleted)") {
			held = append(held, to)
		}
	}
	maps, _ := os.ReadFile("/proc/self/maps")
	for line := range strings.Lines(string(maps)) {
		if strings.Contains(line, dir) && strings.HasSuffix(strings.TrimSpace(line), "(deleted)") {
			held = append(held, strings.TrimSpace(line))
		}
	}
	return held
}
