package search

import (
	"iter"
	"sync"
)

// signalChunk is how many products share a chunk: a change copies one chunk, so
// that older views keep theirs.
const signalChunk = 256

// signalTable holds the signals of all products by ordinal. A product's ordinal
// never changes while the process lives. Products get one when they are indexed
// or when their first signal comes.
type signalTable struct {
	mu       sync.RWMutex // guards all below
	ordinals map[string]uint32
	current  *signalSnapshot
}

// signalSnapshot is the signals of all products at one time. It is immutable.
type signalSnapshot struct {
	chunks   []*[signalChunk]signalValue
	position []byte // of the orders that they stand for
	mostSold int32  // in 30 days: no product has sold more
}

// newSignalTable makes an empty table.
func newSignalTable() *signalTable {
	return &signalTable{ordinals: map[string]uint32{}, current: &signalSnapshot{}}
}

// ordinal gives the product's ordinal, a new one if it has none.
func (t *signalTable) ordinal(id string) uint32 {
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

func (t *signalTable) ordinalLocked(id string) uint32 {
	ord, ok := t.ordinals[id]
	if !ok {
		ord = uint32(len(t.ordinals))
		t.ordinals[id] = ord
	}
	return ord
}

// set replaces the signals of the products that changes yields, and the position
// unless it is nil.
func (t *signalTable) set(changes iter.Seq2[string, signalValue], position []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	next := &signalSnapshot{chunks: append([]*[signalChunk]signalValue(nil), t.current.chunks...), position: position}
	if position == nil {
		next.position = t.current.position
	}
	next.mostSold = t.current.mostSold
	fresh := map[uint32]bool{}
	for id, v := range changes {
		ord := t.ordinalLocked(id)
		c := ord / signalChunk
		for uint32(len(next.chunks)) <= c {
			next.chunks = append(next.chunks, nil)
		}
		if !fresh[c] {
			fresh[c] = true
			copied := new([signalChunk]signalValue)
			if next.chunks[c] != nil {
				*copied = *next.chunks[c]
			}
			next.chunks[c] = copied
		}
		next.chunks[c][ord%signalChunk] = v
		next.mostSold = max(next.mostSold, v.sold30)
	}
	t.current = next
}

// snapshot is the signals as they are now.
func (t *signalTable) snapshot() *signalSnapshot {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.current
}

// at is the signal of an ordinal; products without one have the zero value.
func (s *signalSnapshot) at(ord uint32) signalValue {
	c := ord / signalChunk
	if c >= uint32(len(s.chunks)) || s.chunks[c] == nil {
		return signalValue{}
	}
	return s.chunks[c][ord%signalChunk]
}

// empty tells whether no product has a signal.
func (s *signalSnapshot) empty() bool { return len(s.chunks) == 0 }
