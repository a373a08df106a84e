package acceptance

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/aisle-search/aisle/internal/netfault"
	"github.com/aisle-search/aisle/orders"

	"github.com/aisle-search/aisle/internal/poll"
)

// readiness is the answer of /readyz.
type readiness struct {
	Status  string   `json:"status"`
	Sources []string `json:"sources"`
}

// The lines to both databases freeze without a word. The server says that it is
// degraded, and by which database, goes on searching and stays alive; when the lines
// are whole it recovers by itself, and what was written meanwhile is there.
func TestFrozenLines(t *testing.T) {
	t.Parallel()
	s := newShop(t, 250)
	lines := s.behindLines(t)
	v := s.startReady(t)
	poll.Eventually(t, "all is well", func() bool { return v.readiness().Status == "ready" })
	for _, line := range lines {
		line.Freeze()
	}
	s.changeBoth(t)
	began := time.Now()
	poll.Eventually(t, "the server says what is broken", func() bool {
		if code, err := v.get("/healthz", nil); code != http.StatusOK {
			t.Fatalf("healthz: %d, %v", code, err)
		}
		if code, err := v.get("/v1/search?q=the", nil); code != http.StatusOK {
			t.Fatalf("search: %d, %v", code, err)
		}
		r := v.readiness()
		return r.Status == "degraded" && len(r.Sources) == 2 &&
			strings.HasPrefix(r.Sources[0], "catalog: ") && strings.HasPrefix(r.Sources[1], "orders: ")
	})
	t.Logf("said after %v", time.Since(began).Round(time.Second))
	for _, line := range lines {
		line.Heal()
	}
	poll.Eventually(t, "all is well again", func() bool { return v.readiness().Status == "ready" })
	poll.Eventually(t, "what was deleted is gone", func() bool {
		want, _ := s.truths(t)
		hits, _, err := v.walk()
		return err == nil && len(hits) == len(want)
	})
	s.mustEqual(t, v)
	if code := v.stop(t); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
}

// behindLines puts a line that can fail before each database; servers that are started
// later use them, the test itself does not.
func (s *testShop) behindLines(t *testing.T) (lines []*netfault.Proxy) {
	t.Helper()
	for _, uri := range []*string{&s.mongoURI, &s.postgresURL} {
		line, through, err := netfault.Behind(*uri)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(line.Close)
		*uri, lines = through, append(lines, line)
	}
	return lines
}

// changeBoth deletes a product and changes another's stock.
func (s *testShop) changeBoth(t *testing.T) {
	t.Helper()
	ids := s.ids(t)
	if _, err := s.Products.DeleteOne(t.Context(), bson.D{{Key: "_id", Value: ids[0]}}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.orders.SetStocks(t.Context(), []orders.StockLevel{{Product: ids[1], OnHand: 77}}); err != nil {
		t.Fatal(err)
	}
}

// A restart while the databases are away, whether they refuse or keep silent, does not
// take the search away: the index answers, the server says what is missing, and when
// the databases are there again what was written meanwhile is found, and orders are
// taken.
func TestStartWhileAway(t *testing.T) {
	t.Parallel()
	for name, leave := range map[string]func(*netfault.Proxy){"refused": (*netfault.Proxy).Refuse, "frozen": (*netfault.Proxy).Freeze} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, 250)
			lines := s.behindLines(t)
			v := s.startReady(t)
			s.mustEqual(t, v)
			if code := v.stop(t); code != 0 {
				t.Errorf("exit code %d, want 0", code)
			}
			for _, line := range lines {
				leave(line)
			}
			s.changeBoth(t)
			v = s.startReady(t)
			if hits, _, err := v.walk(); err != nil || len(hits) == 0 {
				t.Errorf("%d hits, %v, want those of the index", len(hits), err)
			}
			poll.Eventually(t, "the server says what is missing", func() bool {
				r := v.readiness()
				return r.Status == "degraded" && len(r.Sources) == 2
			})
			for _, line := range lines {
				line.Heal()
			}
			poll.Eventually(t, "all is well", func() bool { return v.readiness().Status == "ready" })
			poll.Eventually(t, "what was deleted is gone", func() bool {
				want, _ := s.truths(t)
				hits, _, err := v.walk()
				return err == nil && len(hits) == len(want)
			})
			s.mustEqual(t, v)
			if code := v.stop(t); code != 0 {
				t.Errorf("exit code %d, want 0", code)
			}
		})
	}
}

func (v *server) readiness() (r readiness) {
	_, _ = v.get("/readyz", &r) // no answer is no readiness
	return r
}
