package search

import (
	"sync"
	"sync/atomic"

	"github.com/aisle-search/aisle/search/analysis"
)

// dictionary numbers the spellings of one field's values, from 1. Spellings that
// fold to the same text form a group, which filters and facets treat as one
// value. It only grows, and lives as long as its generation.
type dictionary struct {
	mu     sync.Mutex // guards ids and groups, and writes of values
	ids    map[string]uint32
	groups map[string]uint32
	values atomic.Pointer[dictionaryValues]
	bytes  atomic.Int64 // about, in memory
}

// dictionaryValues is a snapshot of a dictionary. Entry 0 stands for no value.
type dictionaryValues struct {
	spelling []string // by id
	group    []uint32 // by id: the id of the group's first spelling
}

func newDictionary() *dictionary {
	d := &dictionary{ids: map[string]uint32{}, groups: map[string]uint32{}}
	d.values.Store(&dictionaryValues{spelling: []string{""}, group: []uint32{0}})
	return d
}

// id numbers a spelling.
func (d *dictionary) id(spelling string) uint32 {
	d.mu.Lock()
	defer d.mu.Unlock()
	if id, ok := d.ids[spelling]; ok {
		return id
	}
	old := d.values.Load()
	id := uint32(len(old.spelling))
	folded := analysis.Fold(spelling)
	group, ok := d.groups[folded]
	if !ok {
		group = id
		d.groups[folded] = id
	}
	d.ids[spelling] = id
	d.bytes.Add(int64(2*len(spelling)) + valueOverhead)
	// Readers hold shorter slices of the same arrays; appending behind them is
	// safe.
	d.values.Store(&dictionaryValues{spelling: append(old.spelling, spelling), group: append(old.group, group)})
	return id
}

// lookup finds the group of a value as a caller spells it; 0 when no product
// has it.
func (d *dictionary) lookup(value string) uint32 {
	folded := analysis.Fold(value)
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.groups[folded]
}

// dictionaries holds one dictionary for each field or attribute name that has
// been asked for.
type dictionaries struct {
	mu     sync.RWMutex // guards ByName
	byName map[string]*dictionary
}

func newDictionaries() *dictionaries { return &dictionaries{byName: map[string]*dictionary{}} }

func (d *dictionaries) get(name string) *dictionary {
	d.mu.RLock()
	dict := d.byName[name]
	d.mu.RUnlock()
	if dict != nil {
		return dict
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if dict = d.byName[name]; dict == nil {
		dict = newDictionary()
		d.byName[name] = dict
	}
	return dict
}
