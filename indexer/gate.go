package indexer

import (
	"context"
	"fmt"
	"slices"

	"github.com/aisle-search/aisle/indexer/rebuild"
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

// tallied is a generation whose commits are added up apart from it: what it held of a
// product gives way to what it is to hold.
type tallied struct {
	generation
	want  *rebuild.Digests
	stale *bool // a commit has failed, perhaps in part
}

func (g tallied) Commit(ctx context.Context, b search.Batch) error {
	if *g.stale {
		g.want.Of(g.generation)
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
			g.want.Remove(ids[i], h.Digest)
		}
	}
	for i := range b.Documents {
		g.want.Add(b.Documents[i].ID, b.Documents[i].Digest)
	}
	return nil
}

// dataGate compares what a generation holds with what the catalogue handed over, up
// to the position where it is. Nothing may follow into it meanwhile.
func (b *build) dataGate() error {
	if b.stale {
		return nil // it was added up anew after a failed commit, and nothing came since
	}
	var held rebuild.Digests
	held.Of(b.next)
	if n, first := b.want.Compare(&held); n > 0 {
		return fmt.Errorf("%w: it differs from the catalogue in %d of %d key ranges: %s", rebuild.ErrRefused, n, rebuild.KeyRanges, first)
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
		return fmt.Errorf("%w: nDCG@10 falls from %.3f to %.3f, by more than %.3f", rebuild.ErrWorse, sumBefore/n, sumAfter/n, g.Margin)
	case float64(worse)/n > g.Share:
		return fmt.Errorf("%w: %d of %d judged queries fall by more than %.3f in nDCG@10, %.0f %% may", rebuild.ErrWorse, worse, len(before), g.Margin, 100*g.Share)
	}
	return nil
}
