package search

import (
	"context"
	"encoding/binary"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/blevesearch/bleve/v2/index/scorch"
	index "github.com/blevesearch/bleve_index_api"
	segment "github.com/blevesearch/scorch_segment_api/v2"

	"github.com/aisle-search/aisle/search/column"
	"github.com/aisle-search/aisle/search/facet"
	"github.com/aisle-search/aisle/search/rank"
	"github.com/aisle-search/aisle/search/record"
)

// keyPosition is Bleve's internal key of a partition's position: the commit's
// sequence number, then the position as it was given.
var keyPosition = []byte("aisle.position")

// partition is one Bleve index: the products whose id hashes to it.
type partition struct {
	bleve   index.Index
	pending chan struct{} // one for each commit that is not on disk yet
	disk    *disk
	// compacting is who merges at will; they end when the partition closes.
	compacting sync.WaitGroup
	// columns by segment, those of the latest snapshot. Owned by whoever holds
	// the index's refresh lock.
	columns map[uint64]*segmentColumns
	latest  *partitionSnapshot
}

// mergePlan treats a segment by its own size: with Bleve's floor of 2,000
// documents a commit of one product looks as large as the big ones, and each few
// commits merge those again (at 100 changes a second on 19,406 products more than
// half a core, against a twentieth).
var mergePlan = map[string]any{"maxSegmentsPerTier": 8, "segmentsPerMergeTask": 10, "floorSegmentSize": 20}

func openPartition(dir string, queue *index.AnalysisQueue, report func(error)) (*partition, error) {
	// A batch is searchable before it is on disk; its position goes to disk with
	// it, so a crash loses both or neither.
	config := map[string]any{"path": dir, "unsafe_batch": true, "bolt_timeout": "5s", "scorchMergePlanOptions": mergePlan}
	d := &disk{report: report, closed: make(chan struct{})}
	idx, err := newScorch(dir, config, queue, d)
	if err != nil {
		return nil, fmt.Errorf("configure %s: %w", dir, err)
	}
	if err := idx.Open(); err != nil {
		return nil, fmt.Errorf("open %s: %w", dir, err)
	}
	return &partition{bleve: idx, disk: d, pending: make(chan struct{}, maxPending), columns: map[uint64]*segmentColumns{}}, nil
}

// maxPending bounds the commits that are searchable and not on disk yet; more
// wait, at most flushWait.
const (
	maxPending = 4
	flushWait  = 30 * time.Second
)

// flush waits until everything committed is on disk.
func (p *partition) flush(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, flushWait, ErrNotDurable)
	defer cancel()
	for n := range maxPending {
		if err := p.disk.place(ctx, p.pending); err != nil {
			for range n {
				<-p.pending
			}
			return err
		}
	}
	for range maxPending {
		<-p.pending
	}
	return nil
}

func (p *partition) close() error {
	if p.latest != nil {
		p.latest.release()
		p.latest = nil
	}
	close(p.disk.closed)
	err := p.bleve.Close()
	p.compacting.Wait()
	return err
}

// commit makes the batch searchable and sees to it that it gets on disk. It
// waits while too many before it have not.
func (p *partition) commit(ctx context.Context, b *index.Batch, sequence uint64, position []byte) error {
	ctx, cancel := context.WithTimeoutCause(ctx, flushWait, ErrNotDurable)
	defer cancel()
	if err := p.disk.place(ctx, p.pending); err != nil {
		return err
	}
	if position != nil {
		v := binary.BigEndian.AppendUint64(nil, sequence)
		b.SetInternal(keyPosition, append(v, position...))
	}
	// Bleve calls this once the batch is on disk; where writing fails it tries
	// again until it can.
	b.SetPersistedCallback(func(error) {
		p.disk.written()
		<-p.pending
	})
	if err := p.bleve.Batch(b); err != nil {
		<-p.pending
		return err
	}
	return nil
}

// position is what the last commit stored; sequence 0 and nil when none did.
func (p *partition) position() (sequence uint64, position []byte, err error) {
	r, err := p.bleve.Reader()
	if err != nil {
		return 0, nil, err
	}
	defer r.Close()
	v, err := r.GetInternal(keyPosition)
	if err != nil || len(v) < 8 {
		return 0, nil, err
	}
	return binary.BigEndian.Uint64(v), append([]byte(nil), v[8:]...), nil
}

// checkRecords tells whether the stored records can be read.
func (p *partition) checkRecords(codec *record.Codec) error {
	r, err := p.bleve.Reader()
	if err != nil {
		return err
	}
	defer r.Close()
	mark, err := r.GetInternal(record.DictionaryKey)
	if err != nil {
		return err
	}
	return codec.Check(mark)
}

// partitionSnapshot is an immutable state of a partition with its columns. It
// holds a reference on Bleve's snapshot until the last user releases it.
type partitionSnapshot struct {
	bleve    *scorch.IndexSnapshot
	segments []*segmentView
	refs     atomic.Int64
}

func (s *partitionSnapshot) retain() { s.refs.Add(1) }

func (s *partitionSnapshot) release() {
	if s.refs.Add(-1) == 0 {
		s.bleve.Close()
	}
}

// segmentColumns are the columns of one segment, whatever was deleted since.
type segmentColumns struct {
	*column.Set
	id           uint64   // of the segment in its partition
	lengthTotals []uint64 // by text field
	fixed        int64    // bytes of columns

	mu         sync.Mutex // guards the maps below
	attributes map[string]*keptColumn
	gone       bool // the segment is: no more columns are kept
	names      *column.Names
	orders     map[string][]uint32 // by sort, see order

	readers sync.Pool // *termReader: one user at a time
	hot     hotLists
}

// segmentView is a segment as a snapshot sees it.
type segmentView struct {
	segment segment.Segment
	deleted *roaring.Bitmap // nil when nothing is
	dead    []uint64        // deleted as a bit set; nil when nothing is
	live    int
	totals  []uint64 // by text field: analysed length of live documents
	cols    *segmentColumns
	dicts   *column.Dictionaries
	records *record.Codec

	mu     sync.Mutex // guards facets
	facets map[string]*facet.Totals
}

func (v *segmentView) isDead(doc uint32) bool {
	return v.dead != nil && v.dead[doc>>6]&(1<<(doc&63)) != 0
}

// attributeNames gives which attributes each document has.
func (v *segmentView) attributeNames() (*column.Names, error) {
	v.cols.mu.Lock()
	defer v.cols.mu.Unlock()
	if v.cols.names == nil {
		b := column.Builder{Segment: v.segment, Dicts: v.dicts}
		names, err := b.Names()
		if err != nil {
			return nil, err
		}
		v.cols.names = names
	}
	return v.cols.names, nil
}

// refresh takes Bleve's latest snapshot and builds the columns it lacks. The
// caller holds the index's refresh lock.
func (p *partition) refresh(x *Index) (*partitionSnapshot, error) {
	r, err := p.bleve.Reader()
	if err != nil {
		return nil, fmt.Errorf("open snapshot: %w", err)
	}
	snap := r.(*scorch.IndexSnapshot)
	if p.latest != nil && p.latest.bleve == snap {
		snap.Close()
		return p.latest, nil
	}
	old := map[segment.Segment]*segmentView{}
	if p.latest != nil {
		for _, v := range p.latest.segments {
			old[v.segment] = v
		}
	}
	next := &partitionSnapshot{bleve: snap}
	next.refs.Store(1)
	columns := make(map[uint64]*segmentColumns, len(snap.Segments()))
	asked := map[string]rank.Sort{}
	for _, c := range p.columns {
		c.asked(asked)
	}
	for _, s := range snap.Segments() {
		cols, err := p.segmentColumns(s, x)
		if err != nil {
			next.release()
			return nil, err
		}
		columns[s.Id()] = cols
		cols.warm(asked)
		if v := old[s.Segment()]; v != nil && v.deleted == s.Deleted() {
			next.segments = append(next.segments, v)
			continue
		}
		next.segments = append(next.segments, newSegmentView(s, cols, x))
	}
	for id, c := range p.columns {
		if columns[id] == nil {
			c.hot.drop(&x.hot)
			c.dropAttributes(&x.attributes)
		}
	}
	p.columns = columns
	if p.latest != nil {
		p.latest.release()
	}
	p.latest = next
	return next, nil
}

func (p *partition) segmentColumns(s *scorch.SegmentSnapshot, x *Index) (*segmentColumns, error) {
	if cols := p.columns[s.Id()]; cols != nil {
		return cols, nil
	}
	b := column.Builder{Segment: s.Segment(), Schema: x.schema, Dicts: x.dicts, Signals: x.signals}
	c, err := b.Build()
	if err != nil {
		return nil, err
	}
	cols := &segmentColumns{Set: c, id: s.Id(), fixed: c.Bytes(), attributes: map[string]*keptColumn{}, orders: map[string][]uint32{}}
	cols.lengthTotals = make([]uint64, c.Texts)
	for doc := range uint32(c.Documents) {
		for f, n := range c.LengthsOf(doc) {
			cols.lengthTotals[f] += uint64(n)
		}
	}
	return cols, nil
}

func newSegmentView(s *scorch.SegmentSnapshot, cols *segmentColumns, x *Index) *segmentView {
	v := &segmentView{segment: s.Segment(), cols: cols, dicts: x.dicts, records: x.records, live: cols.Documents, totals: cols.lengthTotals}
	deleted := s.Deleted()
	if deleted == nil || deleted.IsEmpty() {
		return v
	}
	v.deleted = deleted
	v.dead = make([]uint64, (cols.Documents+63)/64)
	v.totals = append([]uint64(nil), cols.lengthTotals...)
	it := deleted.Iterator()
	for it.HasNext() {
		doc := it.Next()
		v.dead[doc>>6] |= 1 << (doc & 63)
		v.live--
		for f, n := range cols.LengthsOf(doc) {
			v.totals[f] -= uint64(n)
		}
	}
	return v
}
