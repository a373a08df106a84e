package deadletter

import (
	"container/list"
	"maps"
	"slices"
)

// Drafts are the dead letters of a generation that does not serve yet: its stream is
// behind the serving one's, so it must not touch those. It keeps as many as the
// store does, the last.
type Drafts struct {
	held  map[string]*list.Element
	order *list.List      // of Letter, oldest first
	last  string          // reason
	void  map[string]bool // products whose last change was good, at most maxVoid
}

// maxVoid bounds the products that are remembered as good.
const maxVoid = 1 << 18

// NewDrafts makes an empty set.
func NewDrafts() *Drafts {
	return &Drafts{held: map[string]*list.Element{}, order: list.New(), void: map[string]bool{}}
}

// Put adds letters, each in place of an older one of its product.
func (d *Drafts) Put(letters []Letter) error {
	for _, l := range letters {
		d.remove(l.ID)
		delete(d.void, l.ID)
		d.held[l.ID] = d.order.PushBack(l)
		d.last = l.ID + ": " + l.Reason
		if len(d.held) > DefaultCount {
			d.remove(d.order.Front().Value.(Letter).ID)
		}
	}
	return nil
}

// Clear forgets the letters of products that are good, and remembers those.
func (d *Drafts) Clear(_ string, ids []string) error {
	for _, id := range ids {
		d.remove(id)
		if len(d.void) < maxVoid {
			d.void[id] = true
		}
	}
	return nil
}

// Good are the products whose last change was.
func (d *Drafts) Good() []string { return slices.Collect(maps.Keys(d.void)) }

// Last is the letter that came last, as its product and its reason.
func (d *Drafts) Last() string { return d.last }

func (d *Drafts) remove(id string) {
	if e, ok := d.held[id]; ok {
		d.order.Remove(e)
		delete(d.held, id)
	}
}

// All are the letters, oldest first.
func (d *Drafts) All() []Letter {
	var out []Letter
	for e := d.order.Front(); e != nil; e = e.Next() {
		out = append(out, e.Value.(Letter))
	}
	return out
}

// IDs are the products that have a letter.
func (d *Drafts) IDs() []string { return slices.Collect(maps.Keys(d.held)) }
