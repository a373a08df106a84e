package deadletter

import (
	"fmt"
	"testing"
)

// Drafts keep the last letter of each product, and no more than the store does.
func TestDrafts(t *testing.T) {
	t.Parallel()
	d := NewDrafts()
	var all []Letter
	for i := range DefaultCount + 5 {
		all = append(all, Letter{ID: fmt.Sprint(i), Reason: "bad"})
	}
	_ = d.Put(all)
	_ = d.Put([]Letter{{ID: "7", Reason: "worse"}})
	_ = d.Clear("catalog", []string{"8", "unknown"})
	got := d.All()
	if len(got) != DefaultCount-1 || len(d.IDs()) != len(got) || got[0].ID != "5" || got[len(got)-1].Reason != "worse" {
		t.Errorf("got %d letters from %v to %v", len(got), got[0], got[len(got)-1])
	}
	if d.last != "7: worse" {
		t.Errorf("last: got %q", d.last)
	}
}
