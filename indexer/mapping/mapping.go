package mapping

import (
	"errors"
	"runtime"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/aisle-search/aisle/catalog"
	"github.com/aisle-search/aisle/indexer/deadletter"
	"github.com/aisle-search/aisle/indexer/progress"
	"github.com/aisle-search/aisle/search"
)

// mapShare is the least number of changes worth a goroutine of their own.
const mapShare = 32

// Mapped is what the changes of one batch come to.
type Mapped struct {
	Batch   search.Batch
	Letters []deadletter.Letter
	Good    []string // ids whose last change was applied, so that older letters are void
	Last    catalog.Position
}

// Verdict is what became of one change.
type Verdict struct {
	Document search.Document
	Keep     bool  // index the document; else the product goes
	Failed   error // why it can neither be indexed nor go
}

// Taker is an index that tells what it does not take.
type Taker interface {
	Check(*search.Document) error
}

// Changes maps the last change of each product, on all cores. Where that cannot
// be mapped the product becomes what it was by the last that can, or keeps what the
// index holds of it.
func Changes(c Converter, to Taker, changes []catalog.Change, now time.Time) Mapped {
	var out Mapped
	latest, earlier := lastOfEach(changes)
	verdicts := make([]Verdict, len(latest))
	workers := max(1, min(runtime.GOMAXPROCS(0), len(latest)/mapShare))
	var g errgroup.Group
	for w := range workers {
		g.Go(func() error {
			for i := w; i < len(latest); i += workers {
				verdicts[i] = One(c, to, latest[i])
			}
			return nil
		})
	}
	_ = g.Wait() // the workers return no errors
	for i, v := range verdicts {
		id := string(latest[i].ID)
		if v.Failed == nil {
			out.Good = append(out.Good, id)
			out.apply(id, v)
			continue
		}
		letter := deadletter.Letter{Source: progress.SourceCatalog, ID: id, Reason: v.Failed.Error(), At: now, Attempts: 1}
		if at := latest[i].Position.Time; !at.IsZero() { // else it is only tried again
			letter.Position = at.String()
		}
		out.Letters = append(out.Letters, letter)
		for _, change := range slices.Backward(earlier[latest[i].ID]) {
			if v := One(c, to, change); v.Failed == nil {
				out.apply(id, v)
				break
			}
		}
	}
	for _, change := range changes {
		if len(change.Position.Token) > 0 || !change.Position.Time.IsZero() {
			out.Last = change.Position
		}
	}
	return out
}

func (m *Mapped) apply(id string, v Verdict) {
	if v.Keep {
		m.Batch.Documents = append(m.Batch.Documents, v.Document)
		return
	}
	m.Batch.Deletes = append(m.Batch.Deletes, id)
}

// One maps one change.
func One(c Converter, to Taker, change catalog.Change) Verdict {
	if change.Op == catalog.OpDelete {
		return Verdict{}
	}
	product, err := c.from.Read(change)
	if err == nil && !product.Visible || Hidden(err) {
		return Verdict{}
	}
	if err != nil {
		return Verdict{Failed: err}
	}
	v := Verdict{Document: c.Document(product), Keep: true}
	v.Failed = to.Check(&v.Document)
	return v
}

// Hidden tells whether a document that cannot be mapped is not published anyway:
// then it is not shown, and nothing needs mending.
func Hidden(err error) bool {
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
