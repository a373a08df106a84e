package search

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	index "github.com/blevesearch/bleve_index_api"
	"golang.org/x/sync/errgroup"

	"github.com/aisle-search/aisle/search/analysis"
	"github.com/aisle-search/aisle/search/folder"
	"github.com/aisle-search/aisle/search/layout"
	"github.com/aisle-search/aisle/search/rank"
	"github.com/aisle-search/aisle/search/record"
	"github.com/aisle-search/aisle/search/schema"
	"github.com/aisle-search/aisle/search/signal"
	"github.com/aisle-search/aisle/search/snapshot"
	"github.com/aisle-search/aisle/search/storage"
)

// formatVersion changes whenever indexes of an earlier one must be rebuilt.
const formatVersion = 3

// manifest describes a generation on disk. It is written once, before the first
// document.
type manifest struct {
	Format     int       `json:"format"`
	Generation uint64    `json:"generation"`
	Created    time.Time `json:"created"`
	Partitions int       `json:"partitions"`
	Analysis   string    `json:"analysis"`
	Schema     Schema    `json:"schema"`
}

// Index is one generation.
type Index struct {
	dir      string
	manifest manifest
	parts    []*storage.Partition
	queue    *index.AnalysisQueue

	generation *snapshot.Generation // what its views share

	commitMu sync.Mutex // one commit at a time; guards sequence
	sequence uint64     // of the last commit
	half     bool       // the last commit is in some partitions only; guarded by commitMu

	refreshMu sync.Mutex  // one refresh at a time; before viewMu
	views     uint64      // views made so far, guarded by refreshMu
	norms     *rank.Norms // of the latest view, guarded by refreshMu

	viewMu sync.RWMutex   // guards view
	view   *snapshot.View // nil once closed
}

func createIndex(dir string, m manifest, o *Options, signals *signal.Table) (*Index, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	b, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return nil, err
	}
	if err := folder.Replace(filepath.Join(dir, "manifest.json"), append(b, '\n')); err != nil {
		return nil, err
	}
	return openIndex(dir, o, signals)
}

func openIndex(dir string, o *Options, signals *signal.Table) (*Index, error) {
	g := snapshot.NewGeneration(signals, o.Now)
	x := &Index{dir: dir, generation: g}
	b, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(b, &x.manifest); err != nil {
		return nil, fmt.Errorf("read manifest of %s: %w", dir, err)
	}
	if x.manifest.Format != formatVersion {
		return nil, fmt.Errorf("%s: %w: format %d, this program reads %d", dir, ErrFormat, x.manifest.Format, formatVersion)
	}
	if o.Schema != nil && o.Schema.Hash == x.manifest.Schema.Hash {
		x.manifest.Schema = *o.Schema
	}
	g.Number = x.manifest.Generation
	if g.Schema, err = schema.Compile(x.manifest.Schema); err != nil {
		return nil, err
	}
	if g.Analyzer, err = analysis.New(o.Analysis); err != nil {
		return nil, err
	}
	if g.Records, err = record.Open(dir); err != nil {
		return nil, err
	}
	x.queue = index.NewAnalysisQueue(1) // fields come analysed, see converter
	for i := range x.manifest.Partitions {
		p, err := storage.Open(storage.Dir(dir, i), x.queue, o.OnError)
		if err != nil {
			return nil, errors.Join(err, x.Close())
		}
		x.parts = append(x.parts, p)
		seq, _, err := p.Position()
		if err != nil {
			return nil, errors.Join(err, x.Close())
		}
		x.sequence = max(x.sequence, seq)
		if err := p.CheckRecords(x.generation.Records); err != nil {
			return nil, errors.Join(fmt.Errorf("open %s: %w", dir, err), x.Close())
		}
	}
	if err := x.refresh(); err != nil {
		return nil, errors.Join(err, x.Close())
	}
	return x, nil
}

// Close waits for background work and releases the files. Views still held stay
// readable until they are released.
func (x *Index) Close() error {
	flushErr := x.Flush(context.Background())
	x.commitMu.Lock()
	defer x.commitMu.Unlock()
	x.refreshMu.Lock()
	defer x.refreshMu.Unlock()
	x.viewMu.Lock()
	if x.view != nil {
		x.view.Release()
		x.view = nil
	}
	x.viewMu.Unlock()
	errs := []error{flushErr}
	for _, p := range x.parts {
		errs = append(errs, p.Close())
	}
	x.parts = nil
	if x.queue != nil {
		x.queue.Close()
		x.queue = nil
	}
	return errors.Join(errs...)
}

// Commit makes a batch searchable before it returns, unless it is deferred, and durable soon after: a
// few batches at most are not on disk yet, see Flush. The documents and the
// position of a partition are one atomic commit, so a crash takes back both. It
// returns a *RefusedError, and does nothing, when a document cannot be indexed,
// and ErrNotDurable when those before do not get on disk.
func (x *Index) Commit(ctx context.Context, b Batch) error {
	if err := x.generation.Records.Learn(len(b.Documents), func(i int) record.Content { return b.Documents[i].content() }); err != nil {
		return err
	}
	docs, err := x.convert(ctx, b.Documents)
	if err != nil {
		return err
	}
	x.commitMu.Lock()
	defer x.commitMu.Unlock()
	if len(x.parts) == 0 {
		return ErrClosed
	}
	batches := make([]*index.Batch, len(x.parts))
	for i := range batches {
		batches[i] = index.NewBatch()
	}
	for _, id := range b.Deletes {
		batches[snapshot.PartitionOf(id, len(batches))].Delete(id)
	}
	for _, d := range docs {
		batches[snapshot.PartitionOf(d.ID(), len(batches))].Update(d)
	}
	x.sequence++
	x.half = true
	var g errgroup.Group
	for i, p := range x.parts {
		if b.Position == nil && len(batches[i].IndexOps) == 0 {
			continue
		}
		if mark := x.generation.Records.Mark(); mark != nil {
			batches[i].SetInternal(record.DictionaryKey, mark)
		}
		g.Go(func() error { return p.Commit(ctx, batches[i], x.sequence, b.Position) })
	}
	if err := g.Wait(); err != nil {
		return fmt.Errorf("commit batch: %w", err)
	}
	x.half = false
	if b.Deferred {
		return nil
	}
	return x.refresh()
}

// Flush waits until everything committed is on disk.
func (x *Index) Flush(ctx context.Context) error {
	x.commitMu.Lock()
	defer x.commitMu.Unlock()
	for _, p := range x.parts {
		if err := p.Flush(ctx); err != nil {
			return fmt.Errorf("flush index: %w", err)
		}
	}
	return nil
}

// convert analyses documents on all cores.
func (x *Index) convert(ctx context.Context, docs []Document) ([]*layout.Document, error) {
	out := make([]*layout.Document, len(docs))
	workers := min(runtime.GOMAXPROCS(0), (len(docs)+15)/16)
	g, ctx := errgroup.WithContext(ctx)
	for w := range workers {
		g.Go(func() error {
			c := converter{schema: x.generation.Schema, analyzer: x.generation.Analyzer, records: x.generation.Records, now: x.generation.Now}
			for i := w; i < len(docs); i += workers {
				if err := ctx.Err(); err != nil {
					return err
				}
				d, err := c.convert(&docs[i])
				if err != nil {
					return err
				}
				out[i] = d
			}
			return nil
		})
	}
	return out, g.Wait()
}

// Check tells whether a document can be indexed: nil or a *RefusedError.
func (x *Index) Check(d *Document) error {
	c := converter{schema: x.generation.Schema, analyzer: x.generation.Analyzer, records: x.generation.Records, now: x.generation.Now}
	return c.check(d)
}

// Refresh picks up merges that were made in the background. While a batch is being
// committed, or was committed in part only, that is left to the next commit: a view
// would show the batch in some partitions and not in others.
func (x *Index) Refresh() error {
	if !x.commitMu.TryLock() {
		return nil
	}
	defer x.commitMu.Unlock()
	if x.half {
		return nil
	}
	return x.refresh()
}

// refresh makes the latest state of the partitions and signals the current view.
func (x *Index) refresh() error {
	x.refreshMu.Lock()
	defer x.refreshMu.Unlock()
	if len(x.parts) == 0 {
		return ErrClosed
	}
	parts := make([]*snapshot.Partition, 0, len(x.parts))
	release := func() {
		for _, p := range parts {
			p.Release()
		}
	}
	for _, p := range x.parts {
		s, err := p.Refresh(x.generation)
		if err != nil {
			release()
			return err
		}
		s.Retain()
		parts = append(parts, s)
	}
	position, err := snapshot.LowestPosition(parts)
	if err != nil {
		release()
		return err
	}
	x.publish(parts, x.generation.Signals.Snapshot(), position)
	return nil
}

// refreshSignals publishes a view with other signals and the same documents.
func (x *Index) refreshSignals() {
	x.refreshMu.Lock()
	defer x.refreshMu.Unlock()
	x.viewMu.RLock()
	old := x.view
	x.viewMu.RUnlock()
	if old == nil {
		return
	}
	for _, p := range old.Partitions {
		p.Retain()
	}
	x.publish(old.Partitions, x.generation.Signals.Snapshot(), old.Position)
}

// publish replaces the current view. The caller holds refreshMu and one
// reference on each part.
func (x *Index) publish(parts []*snapshot.Partition, signals *signal.Snapshot, position []byte) {
	x.views++
	next := snapshot.NewView(x.generation, x.views, x.norms, parts, signals, position)
	x.norms = next.Norms
	x.viewMu.Lock()
	old := x.view
	x.view = next
	x.viewMu.Unlock()
	if old != nil {
		old.Release()
	}
}

// acquire returns the current view; the caller releases it.
func (x *Index) acquire() (*snapshot.View, error) {
	x.viewMu.RLock()
	defer x.viewMu.RUnlock()
	if x.view == nil {
		return nil, ErrClosed
	}
	x.view.Retain()
	return x.view, nil
}

// WarmAttributes builds the columns of attributes that new segments lack.
func (x *Index) warmAttributes() error {
	v, err := x.acquire()
	if err != nil {
		return err
	}
	defer v.Release()
	return v.WarmAttributes()
}

// Position is the lowest position that all partitions have reached; nil when
// none was ever stored. Opening an index, it is what is on disk.
func (x *Index) Position() []byte {
	v, err := x.acquire()
	if err != nil {
		return nil
	}
	defer v.Release()
	return v.Position
}

// Generation is the number of this generation; later ones are higher.
func (x *Index) Generation() uint64 { return x.manifest.Generation }

// Partitions is the number of partitions.
func (x *Index) Partitions() int { return x.manifest.Partitions }

// Schema is the schema that the documents were made by.
func (x *Index) Schema() Schema { return x.manifest.Schema }

// SchemaHash is the hash of the schema that the documents were made by.
func (x *Index) SchemaHash() string { return x.manifest.Schema.Hash }

// Documents is the number of products that can be found.
func (x *Index) Documents() int {
	v, err := x.acquire()
	if err != nil {
		return 0
	}
	defer v.Release()
	return v.Documents
}

// IDs yields every product with the digest it was indexed with, in no
// particular order, from one snapshot.
func (x *Index) IDs(yield func(id string, digest uint64) bool) {
	v, err := x.acquire()
	if err != nil {
		return
	}
	defer v.Release()
	for _, s := range v.Segments {
		for doc := range uint32(s.Columns.Documents) {
			if s.IsDead(doc) {
				continue
			}
			r, err := s.Stored(doc)
			if err != nil {
				return
			}
			if !yield(s.Columns.IDs.At(doc), r.Digest) {
				return
			}
		}
	}
}

// Signal is the signal of a product as this index shows it.
func (x *Index) Signal(id string) Signal {
	return signalOf(id, x.generation.Signals.Snapshot().At(x.generation.Signals.Ordinal(id)))
}

// Product is one product as the index holds it.
func (x *Index) Product(_ context.Context, id string) (*Record, error) {
	v, err := x.acquire()
	if err != nil {
		return nil, err
	}
	defer v.Release()
	s, doc, ok, err := v.Find(id)
	if err != nil {
		return nil, fmt.Errorf("find product: %w", err)
	}
	if !ok {
		return nil, ErrNotFound
	}
	r, err := s.Stored(doc)
	if err != nil {
		return nil, fmt.Errorf("read product: %w", err)
	}
	display, detail, err := r.Open(x.generation.Records)
	if err != nil {
		return nil, fmt.Errorf("read product: %w", err)
	}
	return &Record{
		ID: id, Display: display, Detail: detail, Digest: r.Digest, IndexedAt: r.IndexedAt,
		Signal: signalOf(id, v.Signals.At(s.Columns.Ordinals[doc])), Positions: v.Positions(),
	}, nil
}
