package indexer

import (
	"container/list"
	"maps"
	"slices"

	"github.com/aisle-search/aisle/indexer/deadletter"
)

// drafts are the dead letters of a generation that does not serve yet: its stream is
// behind the serving one's, so it must not touch those. It keeps as many as the
// store does, the last.
type drafts struct {
	held  map[string]*list.Element
	order *list.List      // of deadletter.Letter, oldest first
	last  string          // reason
	void  map[string]bool // products whose last change was good, at most maxVoid
}

// maxVoid bounds the products that are remembered as good.
const maxVoid = 1 << 18

func newDrafts() *drafts {
	return &drafts{held: map[string]*list.Element{}, order: list.New(), void: map[string]bool{}}
}

// Put implements letterBox.
func (d *drafts) Put(letters []deadletter.Letter) error {
	for _, l := range letters {
		d.remove(l.ID)
		delete(d.void, l.ID)
		d.held[l.ID] = d.order.PushBack(l)
		d.last = l.ID + ": " + l.Reason
		if len(d.held) > deadletter.DefaultCount {
			d.remove(d.order.Front().Value.(deadletter.Letter).ID)
		}
	}
	return nil
}

// Clear implements letterBox.
func (d *drafts) Clear(_ string, ids []string) error {
	for _, id := range ids {
		d.remove(id)
		if len(d.void) < maxVoid {
			d.void[id] = true
		}
	}
	return nil
}

// good are the products whose last change was.
func (d *drafts) good() []string { return slices.Collect(maps.Keys(d.void)) }

func (d *drafts) remove(id string) {
	if e, ok := d.held[id]; ok {
		d.order.Remove(e)
		delete(d.held, id)
	}
}

func (d *drafts) all() []deadletter.Letter {
	var out []deadletter.Letter
	for e := d.order.Front(); e != nil; e = e.Next() {
		out = append(out, e.Value.(deadletter.Letter))
	}
	return out
}

func (d *drafts) ids() []string { return slices.Collect(maps.Keys(d.held)) }
