package column

import (
	"sync"
	"sync/atomic"

	"github.com/aisle-search/aisle/search/analysis"
)

// valueOverhead is about what a value takes beside its spelling: in the list of
// values and in two maps.
const valueOverhead = 160

// Dictionary numbers the spellings of one field's values, from 1. Spellings that
// fold to the same text form a group, which filters and facets treat as one
// value. It only grows, and lives as long as its generation.
type Dictionary struct {
	mu     sync.Mutex // guards ids and groups, and writes of known
	ids    map[string]uint32
	groups map[string]uint32
	known  atomic.Pointer[Values]
	bytes  atomic.Int64 // about, in memory
}

// Values is a snapshot of a dictionary. Entry 0 stands for no value.
type Values struct {
	Spelling []string // by id
	Group    []uint32 // by id: the id of the group's first spelling
}

func newDictionary() *Dictionary {
	d := &Dictionary{ids: map[string]uint32{}, groups: map[string]uint32{}}
	d.known.Store(&Values{Spelling: []string{""}, Group: []uint32{0}})
	return d
}

// Values is what the dictionary holds now.
func (d *Dictionary) Values() *Values { return d.known.Load() }

// id numbers a spelling.
func (d *Dictionary) id(spelling string) uint32 {
	d.mu.Lock()
	defer d.mu.Unlock()
	if id, ok := d.ids[spelling]; ok {
		return id
	}
	old := d.known.Load()
	id := uint32(len(old.Spelling))
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
	d.known.Store(&Values{Spelling: append(old.Spelling, spelling), Group: append(old.Group, group)})
	return id
}

// Lookup finds the group of a value as a caller spells it; 0 when no product
// has it.
func (d *Dictionary) Lookup(value string) uint32 {
	folded := analysis.Fold(value)
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.groups[folded]
}

// Dictionaries holds one dictionary for each field or attribute name that has
// been asked for.
type Dictionaries struct {
	mu     sync.RWMutex // guards byName
	byName map[string]*Dictionary
}

// NewDictionaries makes an empty set of them.
func NewDictionaries() *Dictionaries { return &Dictionaries{byName: map[string]*Dictionary{}} }

// Get gives the dictionary of a name.
func (d *Dictionaries) Get(name string) *Dictionary {
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

// Bytes is about how much memory the dictionaries take.
func (d *Dictionaries) Bytes() (n int64) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	for name, dict := range d.byName {
		n += int64(len(name)) + dict.bytes.Load()
	}
	return n
}
