package storage

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/blevesearch/bleve/v2/index/scorch"
	index "github.com/blevesearch/bleve_index_api"
	segment "github.com/blevesearch/scorch_segment_api/v2"

	"github.com/aisle-search/aisle/search/rank"
	"github.com/aisle-search/aisle/search/record"
	"github.com/aisle-search/aisle/search/snapshot"
)

// Partition is one Bleve index: the products whose id hashes to it.
type Partition struct {
	bleve   index.Index
	pending chan struct{} // one for each commit that is not on disk yet
	disk    *disk
	closing sync.Mutex     // guards closed, and merges against growing after it
	closed  bool           // no more merges at will
	merges  sync.WaitGroup // at will; they end when the partition closes
	// columns by segment, those of the latest snapshot. Owned by whoever holds
	// the index's refresh lock.
	columns map[uint64]*snapshot.Columns
	latest  *snapshot.Partition
}

// mergePlan treats a segment by its own size: with Bleve's floor of 2,000
// documents a commit of one product looks as large as the big ones, and each few
// commits merge those again (at 100 changes a second on 19,406 products more than
// half a core, against a twentieth).
var mergePlan = map[string]any{"maxSegmentsPerTier": 8, "segmentsPerMergeTask": 10, "floorSegmentSize": 20}

// Open opens a partition, making it when missing. report is told of errors in
// its background work.
func Open(dir string, queue *index.AnalysisQueue, report func(error)) (*Partition, error) {
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
	return &Partition{bleve: idx, disk: d, pending: make(chan struct{}, maxPending), columns: map[uint64]*snapshot.Columns{}}, nil
}

// maxPending bounds the commits that are searchable and not on disk yet; more
// wait, at most flushWait.
const (
	maxPending = 4
	flushWait  = 30 * time.Second
)

// Flush waits until everything committed is on disk.
func (p *Partition) Flush(ctx context.Context) error {
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

// Close releases the files. Snapshots still held stay readable.
func (p *Partition) Close() error {
	if p.latest != nil {
		p.latest.Release()
		p.latest = nil
	}
	p.closing.Lock()
	p.closed = true
	p.closing.Unlock()
	close(p.disk.closed)
	err := p.bleve.Close()
	p.merges.Wait()
	return err
}

// Commit makes the batch searchable and sees to it that it gets on disk. It
// waits while too many before it have not.
func (p *Partition) Commit(ctx context.Context, b *index.Batch, sequence uint64, position []byte) error {
	ctx, cancel := context.WithTimeoutCause(ctx, flushWait, ErrNotDurable)
	defer cancel()
	if err := p.disk.place(ctx, p.pending); err != nil {
		return err
	}
	if position != nil {
		b.SetInternal(snapshot.PositionKey, snapshot.EncodePosition(sequence, position))
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

// Position is what the last commit stored; sequence 0 and nil when none did.
func (p *Partition) Position() (sequence uint64, position []byte, err error) {
	r, err := p.bleve.Reader()
	if err != nil {
		return 0, nil, err
	}
	defer r.Close()
	v, err := r.GetInternal(snapshot.PositionKey)
	if err != nil {
		return 0, nil, err
	}
	sequence, position, _ = snapshot.DecodePosition(v)
	return sequence, position, nil
}

// CheckRecords tells whether the stored records can be read.
func (p *Partition) CheckRecords(codec *record.Codec) error {
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

// Refresh takes Bleve's latest snapshot and builds the columns it lacks. The
// caller holds the index's refresh lock.
func (p *Partition) Refresh(g *snapshot.Generation) (*snapshot.Partition, error) {
	r, err := p.bleve.Reader()
	if err != nil {
		return nil, fmt.Errorf("open snapshot: %w", err)
	}
	snap := r.(*scorch.IndexSnapshot)
	if p.latest != nil && p.latest.Bleve == snap {
		snap.Close()
		return p.latest, nil
	}
	old := map[segment.Segment]*snapshot.Segment{}
	if p.latest != nil {
		for _, v := range p.latest.Segments {
			old[v.Bleve] = v
		}
	}
	next := snapshot.NewPartition(snap)
	columns := make(map[uint64]*snapshot.Columns, len(snap.Segments()))
	asked := map[string]rank.Sort{} // sorted orders
	for _, c := range p.columns {
		c.Asked(asked)
	}
	for _, s := range snap.Segments() {
		cols := p.columns[s.Id()]
		if cols == nil {
			if cols, err = snapshot.NewColumns(s, g); err != nil {
				next.Release()
				return nil, err
			}
		}
		columns[s.Id()] = cols
		cols.Warm(asked)
		if v := old[s.Segment()]; v != nil && v.DeletedAre(s.Deleted()) {
			next.Segments = append(next.Segments, v)
			continue
		}
		next.Segments = append(next.Segments, snapshot.NewSegment(s, cols, g))
	}
	for id, c := range p.columns {
		if columns[id] == nil {
			c.Drop(g)
		}
	}
	p.columns = columns
	if p.latest != nil {
		p.latest.Release()
	}
	p.latest = next
	return next, nil
}
