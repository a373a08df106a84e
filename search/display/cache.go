package display

import (
	"sync/atomic"

	"github.com/aisle-search/aisle/search/snapshot"
)

// slots is how many records are kept decoded, of those read last.
const slots = 1 << 14

// maxBytes is how large a record may be to be kept: 64 MiB in all.
const maxBytes = 4 << 10

// Cache keeps the display of documents that pages showed: reading one from
// the index unpacks all that is stored of it.
type Cache struct {
	slots [slots]atomic.Pointer[entry]
}

type entry struct {
	segment *snapshot.Name
	doc     uint32
	display []byte
}

// Get is what a hit shows of a document.
func (d *Cache) Get(s *snapshot.Segment, doc uint32) ([]byte, error) {
	// A record has two slots, so that two that are asked for in turn do not drive each
	// other out.
	at := (uint64(doc)*0x9e3779b97f4a7c15 ^ s.Columns.ID*0xc2b2ae3d27d4eb4f) >> (64 - 14)
	first, second := &d.slots[at], &d.slots[at^1]
	last := first.Load()
	for _, e := range [...]*entry{last, second.Load()} {
		if e != nil && e.segment == s.Columns.Name && e.doc == doc {
			return e.display, nil
		}
	}
	r, err := s.Stored(doc)
	if err != nil {
		return nil, err
	}
	display, _, err := r.Open(s.Records)
	if err != nil {
		return nil, err
	}
	if len(display) <= maxBytes {
		if last != nil {
			second.Store(last)
		}
		first.Store(&entry{segment: s.Columns.Name, doc: doc, display: append([]byte(nil), display...)})
	}
	return display, nil
}
