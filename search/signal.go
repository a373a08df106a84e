package search

import "sync"

// signalChunk is how many products share a chunk: a change copies one chunk, so
// that older views keep theirs.
const signalChunk = 256

type signalValue struct {
	stock         int64
	sold7, sold30 int32
	tracked       bool
}

// signalTable holds the signals of all products by ordinal. A product's ordinal
// never changes while the process lives. Products get one when they are indexed
// or when their first signal comes.
type signalTable struct {
	mu       sync.RWMutex // guards all below
	ordinals map[string]uint32
	current  *signalSnapshot
}

// signalSnapshot is immutable.
type signalSnapshot struct {
	chunks   []*[signalChunk]signalValue
	position []byte
	sold30   int32 // no product has sold more
}

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

// set replaces the given signals and returns the new snapshot.
func (t *signalTable) set(signals []Signal, position []byte) *signalSnapshot {
	t.mu.Lock()
	defer t.mu.Unlock()
	next := &signalSnapshot{chunks: append([]*[signalChunk]signalValue(nil), t.current.chunks...), position: position}
	if position == nil {
		next.position = t.current.position
	}
	next.sold30 = t.current.sold30
	fresh := make(map[uint32]bool, len(signals))
	for _, s := range signals {
		ord := t.ordinalLocked(s.ID)
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
		v := signalValue{stock: s.Stock, sold7: clampInt32(s.Sold7), sold30: clampInt32(s.Sold30), tracked: s.Tracked}
		next.chunks[c][ord%signalChunk] = v
		next.sold30 = max(next.sold30, v.sold30)
	}
	t.current = next
	return next
}

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

// buyable tells whether a piece can be bought now.
func (v signalValue) buyable() bool { return v.tracked && v.stock > 0 }

func (v signalValue) signal(id string) Signal {
	return Signal{ID: id, Stock: v.stock, Sold7: int64(v.sold7), Sold30: int64(v.sold30), Tracked: v.tracked}
}

func clampInt32(n int64) int32 { return int32(max(-1<<31, min(n, 1<<31-1))) }
