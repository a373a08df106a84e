package web

import (
	"net/http"
	"sync"
	"testing"

	"github.com/aisle-search/aisle/indexer/consistency"
)

func newCachingBench(t *testing.T) *bench {
	return newBench(t, func(c *Config) { c.CacheBytes = 1 << 20 })
}

// An answer is given again while nothing changed; some callers always get a new one.
func TestCache(t *testing.T) {
	t.Parallel()
	b := newCachingBench(t)
	token := consistency.Token{}.Encode()
	steps := []struct {
		name, target string
		header       []string
		change       bool // before it
		status       string
		searches     int64 // so far
	}{
		{"first", "/v1/search?q=mug", nil, false, "aisle; fwd=miss", 1},
		{"again", "/v1/search?q=mug", nil, false, "aisle; hit", 1},
		{"spelled differently", "/v1/search?limit=24&q=mug", nil, false, "aisle; fwd=miss", 2},
		{"another", "/v1/search?q=cup", nil, false, "aisle; fwd=miss", 3},
		{"index changed", "/v1/search?q=mug", nil, true, "aisle; fwd=miss", 4},
		{"and again", "/v1/search?q=mug", nil, false, "aisle; hit", 4},
		{"no-cache", "/v1/search?q=mug", []string{"Cache-Control", "max-age=5, No-Cache"}, false, "aisle; fwd=bypass", 5},
		{"no-store", "/v1/search?q=mug", []string{"Cache-Control", "no-store"}, false, "aisle; fwd=bypass", 6},
		{"token", "/v1/search?q=mug&consistency=" + token, nil, false, "aisle; fwd=bypass", 7},
		{"explain", "/v1/search?q=mug&explain=true", nil, false, "aisle; fwd=bypass", 8},
		{"max-age", "/v1/search?q=mug", []string{"Cache-Control", "max-age=5"}, false, "aisle; hit", 8},
	}
	for _, s := range steps {
		if s.change {
			b.searcher.view.Add(1)
		}
		w := b.do("GET", s.target, "", s.header...)
		if w.Code != http.StatusOK || w.Header().Get("Cache-Status") != s.status || b.searcher.asked.Load() != s.searches {
			t.Errorf("%s: got %d, %q after %d searches, want %q after %d", s.name, w.Code, w.Header().Get("Cache-Status"),
				b.searcher.asked.Load(), s.status, s.searches)
		}
	}
}

// Callers with the same question at the same time cost one search.
func TestCacheCoalesces(t *testing.T) {
	t.Parallel()
	b := newCachingBench(t)
	b.searcher.hold, b.searcher.entered = make(chan struct{}), make(chan struct{}, 100)
	var callers sync.WaitGroup
	for range 20 {
		callers.Go(func() {
			if w := b.do("GET", "/v1/search?q=mug", ""); w.Code != http.StatusOK {
				t.Errorf("got %d", w.Code)
			}
		})
	}
	<-b.searcher.entered
	close(b.searcher.hold)
	callers.Wait()
	if n := b.searcher.asked.Load(); n != 1 {
		t.Errorf("%d searches, want 1", n)
	}
}
