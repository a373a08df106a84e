package storage

import (
	"cmp"
	"context"
	"errors"
	"math"

	"github.com/blevesearch/bleve/v2/index/scorch"
	"github.com/blevesearch/bleve/v2/index/scorch/mergeplan"
)

// compactPlan merges all segments of a partition into one.
var compactPlan = mergeplan.MergePlanOptions{
	MaxSegmentsPerTier: 1, MaxSegmentSize: math.MaxInt32, TierGrowth: 1, SegmentsPerMergeTask: 1 << 10, FloorSegmentSize: math.MaxInt32,
}

// Compact merges all segments into one. After an error, also of ctx, the partition is
// as it was, or compact in part.
func (p *Partition) Compact(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if err := context.Cause(ctx); err != nil {
		return err
	}
	// Bleve tries a merge that fails again and again; here once is enough.
	p.disk.onMergeFailure(cancel)
	defer p.disk.onMergeFailure(nil)
	merging, ok := p.bleve.(*scorch.Scorch)
	if !ok {
		return errors.New("the index cannot be merged at will")
	}
	merged := make(chan error, 1)
	if !p.begin(func() {
		options := compactPlan
		merged <- merging.ForceMerge(ctx, &options)
	}) {
		return ErrClosed
	}
	select {
	case err := <-merged:
		return cmp.Or(context.Cause(ctx), err)
	case <-ctx.Done(): // Bleve ends a merge soon after, but not where it cannot even begin one
		return context.Cause(ctx)
	}
}

// begin runs a merge unless the partition has closed.
func (p *Partition) begin(merge func()) bool {
	p.closing.Lock()
	defer p.closing.Unlock()
	if !p.closed {
		p.merges.Go(merge)
	}
	return !p.closed
}
