package inversion

import (
	"fmt"
	"hash/crc32"
	"slices"
	"sync"

	index "github.com/blevesearch/bleve_index_api"
	segment "github.com/blevesearch/scorch_segment_api/v2"
	zap "github.com/blevesearch/zapx/v17"

	"github.com/aisle-search/aisle/search/layout"
)

// Plugin is Bleve's segment plugin with a builder of our own. Its zero value is ready.
type Plugin struct {
	zap.ZapPlugin
	small, large sync.Pool // of *builder
}

// smallBatch separates builders by what they hold: to empty a table that was filled by
// thousands of documents takes longer than to index one.
const smallBatch = 64

// New makes a segment of documents; size is that of its memory in bytes.
func (p *Plugin) New(docs []index.Document) (s segment.Segment, size uint64, err error) {
	return p.NewUsing(docs, nil)
}

// NewUsing is New with Bleve's settings of the index.
func (p *Plugin) NewUsing(docs []index.Document, config map[string]any) (s segment.Segment, size uint64, err error) {
	ours := make([]*layout.Document, len(docs))
	for i, d := range docs {
		own, ok := d.(*layout.Document)
		if !ok {
			return p.ZapPlugin.NewUsing(docs, config)
		}
		ours[i] = own
	}
	pool := &p.small
	if len(docs) > smallBatch {
		pool = &p.large
	}
	b, ok := pool.Get().(*builder)
	if !ok {
		b = newBuilder()
	}
	defer pool.Put(b)
	return finish(b, ours, config)
}

// finish has b build a segment, and Bleve read it.
func finish(b *builder, docs []*layout.Document, config map[string]any) (segment.Segment, uint64, error) {
	if err := b.build(docs); err != nil {
		return nil, 0, err
	}
	stats, ok := config[segment.StatsKey].(*segment.Stats)
	if !ok || stats == nil {
		stats = new(segment.Stats)
	}
	made := slices.Clone(b.out)
	base, err := zap.InitSegmentBase(made, crc32.ChecksumIEEE(made), zap.DefaultChunkMode, uint64(len(docs)),
		b.storedAt, b.fieldsAt, config, stats)
	if err != nil {
		return nil, 0, fmt.Errorf("read the new segment: %w", err)
	}
	return base, uint64(len(made)), nil
}
