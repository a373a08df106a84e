package acceptance

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aisle-search/aisle/internal/poll"
)

// progressLine is what aisle reindex prints while it follows, as far as it is known.
var progressLine = regexp.MustCompile(`(?m)^(snapshot|compacting|catching-up|swap)(: \d+ of \d+ products, \d+ %(, \d+ a second)?(, \S+ left)?)?$`)

// A rebuild under searches and writes never answers empty or fails, and what was
// written meanwhile is in its index.
func TestReindex(t *testing.T) {
	t.Parallel()
	s := newShop(t, everything)
	v := s.startReady(t)
	c := newChurn(t, s, 20)
	stopWrites, stopSearches := c.start(t), keepSearching(t, v)
	before := v.status(t).Generation
	f := s.mustAisle(t, "reindex", "--server", v.Address)
	if !progressLine.MatchString(f.err) {
		t.Errorf("got progress %q, want lines like %s", f.err, progressLine)
	}
	if want := fmt.Sprintf("generation %d serves ", before+1); !strings.Contains(f.out, want) {
		t.Errorf("got %q, want %q", f.out, want)
	}
	c.waitWrites(t, 100)
	stopWrites()
	s.mustEqual(t, v)
	if searches := stopSearches(); searches < 10 {
		t.Errorf("%d searches meanwhile, want some more", searches)
	}
}

// Killed in the midst of a rebuild, the server goes on with the index it had, and
// the next rebuild ends well.
func TestKillDuringReindex(t *testing.T) {
	t.Parallel()
	s := newShop(t, everything)
	v := s.startReady(t)
	s.mustEqual(t, v)
	c := newChurn(t, s, 30)
	stopWrites := c.start(t)
	before := v.status(t)
	if code, err := v.call(http.MethodPost, "/v1/admin/reindex", nil, nil, nil); code != http.StatusAccepted || err != nil {
		t.Fatalf("reindex: %d, %v", code, err)
	}
	poll.Eventually(t, "the rebuild is under way", func() bool {
		r := v.status(t).Reindex
		if r != nil && r.Generation > before.Generation && r.State != "running" {
			t.Fatalf("the rebuild has %s before it could be caught", r.State)
		}
		return r != nil && r.Generation > before.Generation && r.Done > 0
	})
	v.Kill()
	stopWrites()
	v = s.start(t)
	v.waitReady(t)
	stopSearches := keepSearching(t, v)
	if got := v.status(t).Generation; got != before.Generation {
		t.Errorf("generation %d serves after the kill, want %d", got, before.Generation)
	}
	s.mustEqual(t, v)
	s.mustAisle(t, "reindex", "--server", v.Address)
	if got := v.status(t).Generation; got <= before.Generation {
		t.Errorf("generation %d serves after the next rebuild, want a newer one than %d", got, before.Generation)
	}
	s.mustEqual(t, v)
	stopSearches()
}

// keepSearching searches every 20 to 50 ms, as several shoppers do. Each answer
// must be good and show something. The returned function ends it and gives the
// number of searches.
func keepSearching(t *testing.T, v *server) (stop func() int64) {
	t.Helper()
	var shoppers sync.WaitGroup
	var count atomic.Int64
	done := make(chan struct{})
	for n, params := range [][]string{{"q", ""}, {"q", "lamp", "facets", "auto"}, {"sort", "price", "limit", "5"}} {
		rng := rand.New(rand.NewPCG(uint64(n), 0))
		shoppers.Go(func() {
			for {
				p, err := v.search(params...)
				if err != nil || p.Total == 0 || len(p.Hits) == 0 {
					t.Errorf("search %q: got total %d with %d hits, %v", params, p.Total, len(p.Hits), err)
					return
				}
				count.Add(1)
				select {
				case <-done:
					return
				case <-time.After(time.Duration(20+rng.IntN(30)) * time.Millisecond):
				}
			}
		})
	}
	stop = sync.OnceValue(func() int64 {
		close(done)
		shoppers.Wait()
		return count.Load()
	})
	t.Cleanup(func() { stop() })
	return stop
}
