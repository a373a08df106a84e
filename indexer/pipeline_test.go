package indexer

import (
	"fmt"
	"testing"
)

// From an empty folder the index is built; then each write is followed, and a
// restart goes on where it was.
func TestFollow(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for i := range 50 {
		r.put(fmt.Sprint("P", i), "price", 100+i)
		r.stock(fmt.Sprint("P", i), i)
	}
	r.order("P1", 3, 0)
	r.order("P1", 4, 10)
	r.start()
	r.settle()
	if got := len(r.ids()); got != 50 {
		t.Fatalf("products: got %d, want 50", got)
	}
	r.put("P1", "price", 1)
	r.set("P2", "status", "off")
	r.remove("P3")
	r.put("new", "brand", "b")
	r.stock("P1", 7)
	r.order("new", 2, 0)
	r.exec("delete from stock where product_id = 'P4'")
	r.settle()
	r.kill()
	r.remove("P5")
	r.set("P2", "status", "on")
	r.put("newer")
	r.exec("truncate order_lines")
	r.start()
	r.settle()
	if g := r.p.x.Status().Generation; g != 1 {
		t.Errorf("generation after a restart: got %d, want the first", g)
	}
}
