package indexer

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/cespare/xxhash/v2"

	"github.com/aisle-search/aisle/search"
	"github.com/aisle-search/aisle/search/relevance"
)

// Gate says how much worse a new generation may rank and still serve.
type Gate struct {
	// Judgments are the queries to ask; nil asks nothing.
	Judgments *relevance.Judgments
	// Margin is how far the mean nDCG@10 may fall, 0..1.
	Margin float64
	// Share is the largest share of judged queries, 0..1, whose nDCG@10 may fall by
	// more than Margin.
	Share float64
}

// errRefused: a complete generation did not pass a gate. It is kept on disk.
var errRefused = errors.New("the new generation is refused")

// errMostlyDead: the schema and the documents do not go together.
var errMostlyDead = fmt.Errorf("%w: more than half of the documents do not fit the schema", errRefused)

// errWorse: it ranks worse. Building it again would not change that.
var errWorse = fmt.Errorf("%w: it ranks worse; reindex with force to let it serve all the same", errRefused)

// keyRanges is into how many ranges ids are divided, by their hash.
const keyRanges = 256

// digests adds up products by range of ids: how many, and a sum of their digests
// that does not depend on their order.
type digests [keyRanges]struct {
	count int
	sum   uint64
}

func (d *digests) add(id string, digest uint64)    { d.count(id, digest, 1) }
func (d *digests) remove(id string, digest uint64) { d.count(id, digest, -1) }

func (d *digests) count(id string, digest uint64, n int) {
	h := xxhash.Sum64String(id)
	r := &d[h%keyRanges]
	r.count += n
	// Of both, so that two products that changed places are noticed.
	r.sum += uint64(n) * (h ^ digest*0x9e3779b97f4a7c15) * 0xd6e8feb86659fd93
}

// of adds up what a generation holds.
func (d *digests) of(g generation) {
	*d = digests{}
	g.IDs(func(id string, digest uint64) bool {
		d.add(id, digest)
		return true
	})
}

// compare tells in how many ranges two differ, and describes the first of them.
func (d *digests) compare(held *digests) (ranges int, first string) {
	for i := range d {
		if d[i] == held[i] {
			continue
		}
		if ranges == 0 {
			first = fmt.Sprintf("range %d holds %d products instead of %d", i, held[i].count, d[i].count)
			if d[i].count == held[i].count {
				first = fmt.Sprintf("range %d holds other content", i)
			}
		}
		ranges++
	}
	return ranges, first
}

// tallied is a generation whose commits are added up apart from it: what it held of a
// product gives way to what it is to hold.
type tallied struct {
	generation
	want  *digests
	stale *bool // a commit has failed, perhaps in part
}

func (g tallied) Commit(ctx context.Context, b search.Batch) error {
	if *g.stale {
		g.want.of(g.generation)
		*g.stale = false
	}
	ids := slices.Clone(b.Deletes)
	for i := range b.Documents {
		ids = append(ids, b.Documents[i].ID)
	}
	held, err := g.generation.Held(ids)
	if err != nil {
		return err
	}
	if err := g.generation.Commit(ctx, b); err != nil {
		*g.stale = true
		return err
	}
	for i, h := range held {
		if h.Found {
			g.want.remove(ids[i], h.Digest)
		}
	}
	for i := range b.Documents {
		g.want.add(b.Documents[i].ID, b.Documents[i].Digest)
	}
	return nil
}

// dataGate compares what a generation holds with what the catalogue handed over, up
// to the position where it is. Nothing may follow into it meanwhile.
func (b *build) dataGate() error {
	if b.stale {
		return nil // it was added up anew after a failed commit, and nothing came since
	}
	var held digests
	held.of(b.next)
	if n, first := b.want.compare(&held); n > 0 {
		return fmt.Errorf("%w: it differs from the catalogue in %d of %d key ranges: %s", errRefused, n, keyRanges, first)
	}
	return nil
}

// judgmentGate asks both generations the judged queries.
func (b *build) judgmentGate(ctx context.Context) error {
	gate := b.x.cfg.Gate
	serving, ok := b.x.store.Serving()
	if gate.Judgments == nil || !ok || serving.Documents() == 0 {
		return nil
	}
	before, err := b.x.measure(ctx, serving)
	if err != nil {
		return fmt.Errorf("measure the serving generation: %w", err)
	}
	after, err := b.x.measure(ctx, b.next)
	if err != nil {
		return fmt.Errorf("measure the new generation: %w", err)
	}
	return gate.judge(before, after)
}

// measure is the nDCG@10 of each judged query.
func (x *Indexer) measure(ctx context.Context, g generation) (map[string]float64, error) {
	out := map[string]float64{}
	for _, query := range x.cfg.Gate.Judgments.Queries() {
		ratings := x.cfg.Gate.Judgments.Ratings(query)
		if ratings.Relevant() == 0 {
			continue
		}
		page, err := x.store.SearchIn(ctx, g, search.Query{Text: query, Limit: 10})
		if err != nil {
			return nil, err
		}
		ranked := make([]string, len(page.Hits))
		for i, h := range page.Hits {
			ranked[i] = h.ID
		}
		out[query] = relevance.NDCG(ranked, ratings, 10)
	}
	return out, nil
}

// judge compares the measures query by query.
func (g Gate) judge(before, after map[string]float64) error {
	var sumBefore, sumAfter float64
	worse := 0
	for query, was := range before {
		sumBefore += was
		sumAfter += after[query]
		if was-after[query] > g.Margin {
			worse++
		}
	}
	n := float64(len(before))
	switch {
	case n == 0:
		return nil
	case (sumBefore-sumAfter)/n > g.Margin:
		return fmt.Errorf("%w: nDCG@10 falls from %.3f to %.3f, by more than %.3f", errWorse, sumBefore/n, sumAfter/n, g.Margin)
	case float64(worse)/n > g.Share:
		return fmt.Errorf("%w: %d of %d judged queries fall by more than %.3f in nDCG@10, %.0f %% may", errWorse, worse, len(before), g.Margin, 100*g.Share)
	}
	return nil
}
