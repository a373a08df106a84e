package drift

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"github.com/aisle-search/aisle/catalog"
	"github.com/aisle-search/aisle/indexer/mapping"
	"github.com/aisle-search/aisle/search"
)

// finding is a product that differs for good.
type finding struct {
	id   string
	kind Kind
}

// handle settles suspects, range by range, and counts what differs; with repair
// that is applied again and looked at once more.
func (c *comparison) handle(ctx context.Context, suspects []string,
	settle func(context.Context, []string) ([]finding, error), again func(context.Context, []string) error) error {
	for len(suspects) > 0 {
		n := min(len(suspects), rangeProducts)
		found, err := settle(ctx, suspects[:n])
		if err != nil {
			return err
		}
		suspects = suspects[n:]
		c.count(found)
		if c.repair && len(found) > 0 {
			if err := again(ctx, idsOf(found)); err != nil {
				return err
			}
			before := len(found)
			if found, err = settle(ctx, idsOf(found)); err != nil {
				return err
			}
			c.report.Repaired += int64(before - len(found))
		}
		for _, f := range found {
			c.report.left[f.kind]++
			c.report.Remaining++
		}
	}
	return nil
}

func (c *comparison) count(found []finding) {
	for _, f := range found {
		sum := c.report.Drift[f.kind]
		sum.add(f.id)
		c.report.Drift[f.kind] = sum
	}
}

func idsOf(found []finding) []string {
	ids := make([]string, len(found))
	for i, f := range found {
		ids[i] = f.id
	}
	return ids
}

// published is a copy of the report that is not changed any more.
func (c *comparison) published() Report {
	r := c.report
	r.Drift, r.left = maps.Clone(r.Drift), maps.Clone(r.left)
	return r
}

// look is what was seen of a product at one time.
type look struct {
	want judgement
	held search.Held
	kind Kind
	seen int // how often, with nothing changed
}

// same says whether nothing has happened to the product between two looks. The
// index notes when it last took the product, so that one that was changed and
// changed back is not taken for one that was forgotten. Signals are no part of it.
func (l look) same(before look) bool {
	return l.kind == before.kind && l.want == before.want && l.held.Found == before.held.Found &&
		l.held.Digest == before.held.Digest && l.held.IndexedAt.Equal(before.held.IndexedAt)
}

// settle tells which products differ from the catalogue for good.
func (c *comparison) settle(ctx context.Context, ids []string) (found []finding, err error) {
	before := map[string]look{}
	for range maxLooks {
		wants, err := c.readAgain(ctx, ids)
		if err != nil {
			return nil, err
		}
		if err := c.reachCatalog(ctx); err != nil {
			return nil, err
		}
		held, err := c.held(ids)
		if err != nil {
			return nil, err
		}
		var open []string
		for i, id := range ids {
			if wants[i].fate == fateDead {
				c.report.DeadLetters.add(id)
			}
			now := look{want: wants[i], held: held[i], kind: differs(wants[i], held[i]), seen: 1}
			if now.kind == "" {
				continue
			}
			if last, ok := before[id]; ok && now.same(last) {
				now.seen += last.seen
			}
			if now.seen >= looks {
				found = append(found, finding{id, now.kind})
				continue
			}
			before[id], open = now, append(open, id)
		}
		if ids = open; len(ids) == 0 {
			return found, nil
		}
	}
	c.report.Unsettled += int64(len(ids))
	return found, nil
}

// readAgain reads products one by one, as the pipeline would apply them now.
func (c *comparison) readAgain(ctx context.Context, ids []string) ([]judgement, error) {
	index, err := c.index()
	if err != nil {
		return nil, err
	}
	out := make([]judgement, len(ids))
	convert := mapping.NewConverter(c.from.Schema, index.Schema())
	for i, id := range ids {
		document, err := c.from.Documents.Get(ctx, catalog.ProductID(id))
		if errors.Is(err, catalog.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read product again: %w", err)
		}
		v := mapping.One(convert, index, catalog.Change{ID: catalog.ProductID(id), Op: catalog.OpUpsert, Raw: document.Raw})
		out[i] = judgement{version: document.Version}
		switch {
		case v.Failed != nil:
			out[i].fate = fateDead
		case v.Keep:
			out[i].fate, out[i].digest = fateShown, v.Document.Digest
		}
	}
	return out, nil
}
