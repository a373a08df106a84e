package signal

import (
	"iter"
	"sync"
)

// signalChunk is how many products share a chunk: a change copies one chunk, so
// that older views keep theirs.
const signalChunk = 256

// Table holds the signals of all products by ordinal. A product's ordinal
// never changes while the process lives. Products get one when they are indexed
// or when their first signal comes.
type Table struct {
	mu       sync.RWMutex // guards all below
	ordinals map[string]uint32
	current  *Snapshot
}

// Snapshot is the signals of all products at one time. It is immutable.
type Snapshot struct {
	chunks   []*[signalChunk]Value
	Position []byte // of the orders that they stand for
	MostSold int32  // in 30 days: no product has sold more
}

// NewTable makes an empty table.
func NewTable() *Table {
	return &Table{ordinals: map[string]uint32{}, current: &Snapshot{}}
}

// Ordinal gives the product's ordinal, a new one if it has none.
func (t *Table) Ordinal(id string) uint32 {
	t.mu.RLock()
	ord, ok := t.ordinals[id]
	t.mu.RUnlock()
	if ok {
		return ord
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.ordinalLocked(id)
}

func (t *Table) ordinalLocked(id string) uint32 {
	ord, ok := t.ordinals[id]
	if !ok {
		ord = uint32(len(t.ordinals))
		t.ordinals[id] = ord
	}
	return ord
}

// Set replaces the signals of the products that changes yields, and the position
// unless it is nil.
func (t *Table) Set(changes iter.Seq2[string, Value], position []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	next := &Snapshot{chunks: append([]*[signalChunk]Value(nil), t.current.chunks...), Position: position}
	if position == nil {
		next.Position = t.current.Position
	}
	next.MostSold = t.current.MostSold
	fresh := map[uint32]bool{}
	for id, v := range changes {
		ord := t.ordinalLocked(id)
		c := ord / signalChunk
		for uint32(len(next.chunks)) <= c {
			next.chunks = append(next.chunks, nil)
		}
		if !fresh[c] {
			fresh[c] = true
			copied := new([signalChunk]Value)
			if next.chunks[c] != nil {
				*copied = *next.chunks[c]
			}
			next.chunks[c] = copied
		}
		next.chunks[c][ord%signalChunk] = v
		next.MostSold = max(next.MostSold, v.Sold30)
	}
	t.current = next
}

// Snapshot is the signals as they are now.
func (t *Table) Snapshot() *Snapshot {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.current
}

// At is the signal of an ordinal; products without one have the zero value.
func (s *Snapshot) At(ord uint32) Value {
	c := ord / signalChunk
	if c >= uint32(len(s.chunks)) || s.chunks[c] == nil {
		return Value{}
	}
	return s.chunks[c][ord%signalChunk]
}

// Empty tells whether no product has a signal.
func (s *Snapshot) Empty() bool { return len(s.chunks) == 0 }
