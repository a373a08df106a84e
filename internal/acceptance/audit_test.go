package acceptance

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aisle-search/aisle/internal/poll"
)

// The audit finds nothing wrong with the sample shop, writes during the walks
// included, and everything wrong once a product is changed behind its back.
func TestAudit(t *testing.T) {
	t.Parallel()
	s := newShop(t, everything)
	v := s.startReady(t)
	for n := range 2 {
		args := []string{"audit", s.productFile, "--server", v.Address, "--seed", fmt.Sprint(n), "--queries", "200"}
		if n == 0 { // what this puts back, the next one finds as it was
			args = append(args, "--writes", "--write-rate", "100")
		}
		f := s.mustAisle(t, args...)
		t.Logf("aisle audit:\n%s", f.out)
		s.settle(t, v)
		v.write(t, "DELETE", "/v1/products/"+marker, "", nil, nil)
		s.settleDeleted(t, v)
	}
	id := s.ids(t)[7]
	v.write(t, "PATCH", "/v1/products/"+id, "", []string{"Content-Type", "application/merge-patch+json"},
		map[string]any{"brand": map[string]any{"name": "Not in the file"}})
	poll.Eventually(t, "the change shows", func() bool {
		p, err := v.search("f.brand", "not in the file")
		return err == nil && p.Total == 1
	})
	f := s.aisle(t, "audit", s.productFile, "--server", v.Address, "--queries", "20")
	if f.code != 1 || !strings.Contains(f.err, id) || !strings.Contains(f.err, "Not in the file") {
		t.Errorf("of a changed product: got exit %d and %q, want 1 and what is wrong", f.code, f.err)
	}
}

// settleDeleted waits until the marker is found no more.
func (s *testShop) settleDeleted(t *testing.T, v *server) {
	t.Helper()
	poll.Eventually(t, "the marker is gone", func() bool {
		hits, _, err := v.walk()
		return err == nil && hits[marker] == nil
	})
}
