package rebuild

import (
	"fmt"

	"github.com/cespare/xxhash/v2"
)

// KeyRanges is into how many ranges ids are divided, by their hash.
const KeyRanges = 256

// Digests adds up products by range of ids: how many, and a sum of their digests
// that does not depend on their order.
type Digests [KeyRanges]struct {
	count int
	sum   uint64
}

// Add counts a product in.
func (d *Digests) Add(id string, digest uint64) { d.count(id, digest, 1) }

// Remove counts a product out.
func (d *Digests) Remove(id string, digest uint64) { d.count(id, digest, -1) }

func (d *Digests) count(id string, digest uint64, n int) {
	h := xxhash.Sum64String(id)
	r := &d[h%KeyRanges]
	r.count += n
	// Of both, so that two products that changed places are noticed.
	r.sum += uint64(n) * (h ^ digest*0x9e3779b97f4a7c15) * 0xd6e8feb86659fd93
}

// Lister is a generation that yields every product with its digest.
type Lister interface {
	IDs(yield func(id string, digest uint64) bool)
}

// Of adds up what a generation holds.
func (d *Digests) Of(g Lister) {
	*d = Digests{}
	g.IDs(func(id string, digest uint64) bool {
		d.Add(id, digest)
		return true
	})
}

// Compare tells in how many ranges two differ, and describes the first of them.
func (d *Digests) Compare(held *Digests) (ranges int, first string) {
	for i := range d {
		if d[i] == held[i] {
			continue
		}
		if ranges == 0 {
			first = fmt.Sprintf("range %d holds %d products instead of %d", i, held[i].count, d[i].count)
			if d[i].count == held[i].count {
				first = fmt.Sprintf("range %d holds other content", i)
			}
		}
		ranges++
	}
	return ranges, first
}
