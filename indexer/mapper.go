package indexer

import (
	"errors"
	"runtime"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/aisle-search/aisle/catalog"
	"github.com/aisle-search/aisle/indexer/deadletter"
	"github.com/aisle-search/aisle/search"
)

// mapShare is the least number of changes worth a goroutine of their own.
const mapShare = 32

// mapped is what the changes of one batch come to.
type mapped struct {
	batch   search.Batch
	letters []deadletter.Letter
	good    []string // ids whose last change was applied, so that older letters are void
	last    catalog.Position
}

// verdict is what became of one change.
type verdict struct {
	document search.Document
	keep     bool // index the document; else the product goes
	failed   error
}

// mapChanges maps the last change of each product, on all cores. Where that cannot
// be mapped the product becomes what it was by the last that can, or keeps what the
// index holds of it.
func mapChanges(c converter, to generation, changes []catalog.Change, now time.Time) mapped {
	var out mapped
	latest, earlier := lastOfEach(changes)
	verdicts := make([]verdict, len(latest))
	workers := max(1, min(runtime.GOMAXPROCS(0), len(latest)/mapShare))
	var g errgroup.Group
	for w := range workers {
		g.Go(func() error {
			for i := w; i < len(latest); i += workers {
				verdicts[i] = mapOne(c, to, latest[i])
			}
			return nil
		})
	}
	_ = g.Wait() // the workers return no errors
	for i, v := range verdicts {
		id := string(latest[i].ID)
		if v.failed == nil {
			out.good = append(out.good, id)
			out.apply(id, v)
			continue
		}
		letter := deadletter.Letter{Source: SourceCatalog, ID: id, Reason: v.failed.Error(), At: now, Attempts: 1}
		if at := latest[i].Position.Time; !at.IsZero() { // else it is only tried again
			letter.Position = at.String()
		}
		out.letters = append(out.letters, letter)
		for _, change := range slices.Backward(earlier[latest[i].ID]) {
			if v := mapOne(c, to, change); v.failed == nil {
				out.apply(id, v)
				break
			}
		}
	}
	for _, change := range changes {
		if len(change.Position.Token) > 0 || !change.Position.Time.IsZero() {
			out.last = change.Position
		}
	}
	return out
}

func (m *mapped) apply(id string, v verdict) {
	if v.keep {
		m.batch.Documents = append(m.batch.Documents, v.document)
		return
	}
	m.batch.Deletes = append(m.batch.Deletes, id)
}

func mapOne(c converter, to generation, change catalog.Change) verdict {
	if change.Op == catalog.OpDelete {
		return verdict{}
	}
	product, err := c.from.Product(change.Raw)
	if err == nil && !product.Visible || hidden(err) {
		return verdict{}
	}
	if err != nil {
		return verdict{failed: err}
	}
	v := verdict{document: c.document(product), keep: true}
	v.failed = to.Check(&v.document)
	return v
}

// hidden tells whether a document that cannot be mapped is not published anyway:
// then it is not shown, and nothing needs mending.
func hidden(err error) bool {
	var invalid *catalog.InvalidError
	return errors.As(err, &invalid) && invalid.Hidden
}

// lastOfEach keeps the last change of each product, and apart the earlier ones;
// ticks are left out.
func lastOfEach(changes []catalog.Change) (latest []catalog.Change, earlier map[catalog.ProductID][]catalog.Change) {
	place := make(map[catalog.ProductID]int, len(changes))
	latest = make([]catalog.Change, 0, len(changes))
	earlier = map[catalog.ProductID][]catalog.Change{}
	for _, c := range changes {
		if c.Op == catalog.OpTick {
			continue
		}
		if i, ok := place[c.ID]; ok {
			earlier[c.ID] = append(earlier[c.ID], latest[i])
			latest[i] = c
			continue
		}
		place[c.ID] = len(latest)
		latest = append(latest, c)
	}
	return latest, earlier
}
