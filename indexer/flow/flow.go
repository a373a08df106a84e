package flow

import (
	"context"
	"time"

	"golang.org/x/sync/semaphore"
)

// Limits bounds a flow.
type Limits struct {
	QueueItems int   // items that wait to be collected
	Bytes      int64 // of all items held; a larger item passes alone
	BatchItems int
	BatchBytes int64
	// Gap is the least time from the end of a commit to the next one, in which
	// a batch collects. The first commit after an idle time waits for nothing.
	Gap time.Duration
}

// Flow is one reader's queue and its batches.
type Flow[T any] struct {
	limits Limits
	items  chan sized[T] // at most QueueItems
	budget *semaphore.Weighted
}

type sized[T any] struct {
	value T
	bytes int64
}

type batch[T any] struct {
	values []T
	bytes  int64
}

// New returns an empty flow.
func New[T any](limits Limits) *Flow[T] {
	return &Flow[T]{
		limits: limits,
		items:  make(chan sized[T], limits.QueueItems),
		budget: semaphore.NewWeighted(limits.Bytes),
	}
}

// Run reads and commits until one of them fails or read has nothing more. What
// was put before read ended is committed, unless ctx has ended. The slice that
// commit is given is its own. Run is called once.
func (f *Flow[T]) Run(ctx context.Context, read func(ctx context.Context, put Put[T]) error,
	commit func(ctx context.Context, values []T) error) error {
	reading, stop := context.WithCancel(ctx)
	defer stop()
	var readErr error
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer close(f.items)
		readErr = read(reading, func(value T, bytes int64) error { return f.put(reading, value, bytes) })
	}()
	err := f.drain(ctx, commit)
	stop() // a reader that waits for room will find none any more
	<-ended
	if err != nil {
		return err
	}
	return readErr
}

// Put adds an item of so many bytes, and waits while the flow is full.
type Put[T any] func(value T, bytes int64) error

func (f *Flow[T]) put(ctx context.Context, value T, bytes int64) error {
	bytes = min(max(bytes, 1), f.limits.Bytes)
	if err := f.budget.Acquire(ctx, bytes); err != nil {
		return err
	}
	select {
	case f.items <- sized[T]{value, bytes}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// drain commits batches one at a time until the items have ended or a commit
// fails.
func (f *Flow[T]) drain(ctx context.Context, commit func(context.Context, []T) error) error {
	ctx, cancel := context.WithCancel(ctx)
	batches := make(chan batch[T]) // unbuffered: handed over when the committer is free
	collected := make(chan struct{})
	go func() {
		defer close(collected)
		defer close(batches)
		f.collect(ctx, batches)
	}()
	err := f.commitAll(ctx, batches, commit)
	cancel()
	<-collected
	return err
}

func (f *Flow[T]) commitAll(ctx context.Context, batches <-chan batch[T], commit func(context.Context, []T) error) error {
	for b := range batches {
		if err := commit(ctx, b.values); err != nil {
			return err
		}
		f.budget.Release(b.bytes)
		select {
		case <-time.After(f.limits.Gap):
		case <-ctx.Done():
		}
	}
	return ctx.Err()
}

// collect fills a batch for as long as nobody takes it.
func (f *Flow[T]) collect(ctx context.Context, batches chan<- batch[T]) {
	var b batch[T]
	in := f.items
	for {
		out := batches
		if len(b.values) == 0 {
			out = nil
		}
		source := in
		if len(b.values) >= f.limits.BatchItems || b.bytes >= f.limits.BatchBytes {
			source = nil
		}
		if in == nil && out == nil {
			return
		}
		select {
		case item, ok := <-source:
			if !ok {
				in = nil
				continue
			}
			b.values = append(b.values, item.value)
			b.bytes += item.bytes
		case out <- b:
			b = batch[T]{}
		case <-ctx.Done():
			return
		}
	}
}
