package acceptance

import "testing"

// A walk that begins on one process goes on on the next one: every product comes
// exactly once, though the view that it began on is gone.
func TestPagingAcrossRestart(t *testing.T) {
	t.Parallel()
	s := newShop(t, 250)
	v := s.startReady(t)
	s.mustEqual(t, v)
	want, _ := s.truths(t)
	for _, sort := range []string{"title", "-price", "relevance"} {
		seen := map[string]int{}
		keyset := false
		p, err := v.search("sort", sort, "limit", "7")
		for page := 0; err == nil; page++ {
			for _, h := range p.Hits {
				seen[h.ID]++
			}
			keyset = keyset || p.Paging == "keyset"
			if p.Next == nil {
				break
			}
			if page == 10 {
				v.Kill()
				v = s.startReady(t)
			}
			p, err = v.search("cursor", *p.Next)
		}
		if err != nil {
			t.Fatalf("sorted by %s: %v", sort, err)
		}
		if !keyset {
			t.Errorf("sorted by %s: no answer says that it went on by keyset", sort)
		}
		for id := range want {
			if seen[id] != 1 {
				t.Errorf("sorted by %s: %s came %d times, want once", sort, id, seen[id])
			}
		}
	}
}
