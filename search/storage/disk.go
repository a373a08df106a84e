package storage

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/blevesearch/bleve/v2/index/scorch"
	index "github.com/blevesearch/bleve_index_api"

	"github.com/aisle-search/aisle/search/inversion"
)

// ErrClosed: the index was closed.
var ErrClosed = errors.New("search: index is closed")

// ErrNotDurable: what was committed does not get on disk, as when that is full.
var ErrNotDurable = errors.New("search: the index cannot be written to disk")

const (
	// diskRest is how long Bleve's background work rests after it has failed. Left
	// alone it would try again at once, without end.
	diskRest = 500 * time.Millisecond
	// diskPoll is how often who waits for the disk looks whether it fails.
	diskPoll = 50 * time.Millisecond
)

// bleveCallbacks guards Bleve's table of callbacks: it belongs to Bleve's package, and
// is read when an index is made.
var bleveCallbacks sync.Mutex

// disk is what is known of a partition's writing in the background.
type disk struct {
	report func(error) // told of the first failure of a row; may be nil
	closed chan struct{}

	mu      sync.Mutex // guards what follows
	failing error      // nil while writing goes well
	merge   time.Time  // when a failed merge was last reported
	// unmerged is told of failed merges; nil while nobody waits for one.
	unmerged context.CancelCauseFunc
}

// useOwnBuilder has Bleve make the segments of new batches by our builder. Bleve's table
// of plugins belongs to its package, and a type and version that it has are replaced.
var useOwnBuilder = sync.OnceFunc(func() { scorch.RegisterSegmentPlugin(&inversion.Plugin{}, true) })

// newScorch makes a Bleve index whose background errors reach d.
func newScorch(dir string, config map[string]any, queue *index.AnalysisQueue, d *disk) (index.Index, error) {
	bleveCallbacks.Lock()
	defer bleveCallbacks.Unlock()
	useOwnBuilder()
	name := "aisle " + dir
	scorch.RegistryAsyncErrorCallbacks[name] = func(err error, _ string) { d.failed(err) }
	defer delete(scorch.RegistryAsyncErrorCallbacks, name)
	config["asyncErrorCallbackName"] = name
	return scorch.NewScorch(scorch.Name, config, queue)
}

// failed is called by Bleve's background work, which goes on when it returns.
func (d *disk) failed(err error) {
	reason := err
	var known *scorch.ScorchError
	writes := true
	if errors.As(err, &known) {
		reason = errors.New(known.ErrMsg)
		writes = known.Source == "persister" && known.ErrType != scorch.ErrCleanup
		if known.ErrType == scorch.ErrAsyncPanic {
			reason = fmt.Errorf("its background work has died, restart the server: %s", known.ErrMsg)
			writes = true
		}
	}
	d.mu.Lock()
	say := d.failing == nil
	if !writes && d.unmerged != nil {
		d.unmerged(reason)
	}
	switch {
	case writes:
		d.failing = reason
	case time.Since(d.merge) > time.Minute:
		d.merge = time.Now()
	default:
		say = false
	}
	d.mu.Unlock()
	if say && d.report != nil {
		d.report(fmt.Errorf("write index: %w", reason))
	}
	select {
	case <-time.After(diskRest):
	case <-d.closed:
	}
}

// onMergeFailure has cancel called when a merge fails; nil ends that.
func (d *disk) onMergeFailure(cancel context.CancelCauseFunc) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.unmerged = cancel
}

// written is called when a commit is on disk.
func (d *disk) written() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.failing = nil
}

// err says why commits do not get on disk.
func (d *disk) err() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.failing == nil {
		return nil
	}
	return fmt.Errorf("%w: %w", ErrNotDurable, d.failing)
}

// place waits for one of the places of pending, until the disk fails or ctx ends.
func (d *disk) place(ctx context.Context, pending chan<- struct{}) error {
	if err := d.err(); err != nil {
		return err
	}
	select {
	case pending <- struct{}{}:
		return nil
	default:
	}
	poll := time.NewTicker(diskPoll)
	defer poll.Stop()
	for {
		if err := d.err(); err != nil {
			return err
		}
		select {
		case pending <- struct{}{}:
			return nil
		case <-poll.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
