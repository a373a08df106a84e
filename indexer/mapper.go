package indexer

import (
	"errors"
	"runtime"
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
	good    []string // ids that were applied, so that older letters are void
	last    catalog.Position
}

// verdict is what became of one change.
type verdict struct {
	document search.Document
	keep     bool // index the document; else the product goes
	failed   error
}

// mapChanges maps the last change of each product, on all cores. A product whose
// change cannot be mapped keeps what the index holds of it.
func mapChanges(c converter, to generation, changes []catalog.Change, now time.Time) mapped {
	var out mapped
	latest := lastOfEach(changes)
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
		switch {
		case v.failed != nil:
			out.letters = append(out.letters, deadletter.Letter{
				Source: SourceCatalog, ID: id, Reason: v.failed.Error(),
				Position: latest[i].Position.Time.String(), At: now, Attempts: 1,
			})
			continue
		case v.keep:
			out.batch.Documents = append(out.batch.Documents, v.document)
		default:
			out.batch.Deletes = append(out.batch.Deletes, id)
		}
		out.good = append(out.good, id)
	}
	for _, change := range changes {
		if len(change.Position.Token) > 0 || !change.Position.Time.IsZero() {
			out.last = change.Position
		}
	}
	return out
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

// lastOfEach keeps the last change of each product; ticks are left out.
func lastOfEach(changes []catalog.Change) []catalog.Change {
	place := make(map[catalog.ProductID]int, len(changes))
	latest := make([]catalog.Change, 0, len(changes))
	for _, c := range changes {
		if c.Op == catalog.OpTick {
			continue
		}
		if i, ok := place[c.ID]; ok {
			latest[i] = c
			continue
		}
		place[c.ID] = len(latest)
		latest = append(latest, c)
	}
	return latest
}
