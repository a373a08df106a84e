package flow

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"
)

var small = Limits{QueueItems: 4, Bytes: 100, BatchItems: 3, BatchBytes: 50}

// putAll is a reader of a few values of one byte each.
func putAll(values ...int) func(context.Context, Put[int]) error {
	return func(_ context.Context, put Put[int]) error {
		for _, v := range values {
			if err := put(v, 1); err != nil {
				return err
			}
		}
		return nil
	}
}

// Everything that is put comes out once, in order, in batches within bounds.
func TestOrderAndBounds(t *testing.T) {
	t.Parallel()
	var got []int
	err := New[int](small).Run(t.Context(), func(_ context.Context, put Put[int]) error {
		for i := range 500 {
			if err := put(i, int64(i%30)); err != nil {
				return err
			}
		}
		return nil
	}, func(_ context.Context, values []int) error {
		if len(values) == 0 || len(values) > small.BatchItems {
			t.Errorf("batch of %d items, allowed are 1 to %d", len(values), small.BatchItems)
		}
		got = append(got, values...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 500 || !slices.IsSorted(got) {
		t.Errorf("got %d items, sorted %v, want 500 in order", len(got), slices.IsSorted(got))
	}
}

// One item is committed at once; those that come meanwhile are one batch.
func TestCollectsWhileCommitting(t *testing.T) {
	t.Parallel()
	f := New[int](Limits{QueueItems: 10, Bytes: 100, BatchItems: 10, BatchBytes: 100})
	var batches [][]int
	committing := make(chan struct{}, 1)
	collected := make(chan struct{})
	err := f.Run(t.Context(), func(_ context.Context, put Put[int]) error {
		if err := put(1, 1); err != nil {
			return err
		}
		<-committing
		defer close(collected)
		if err := putAll(2, 3, 4, 5)(t.Context(), put); err != nil {
			return err
		}
		for len(f.items) > 0 { // the collector is taking them
			time.Sleep(time.Millisecond)
		}
		return nil
	}, func(_ context.Context, values []int) error {
		if batches = append(batches, values); len(batches) == 1 {
			committing <- struct{}{}
			<-collected
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(batches) != 2 || !slices.Equal(batches[0], []int{1}) || !slices.Equal(batches[1], []int{2, 3, 4, 5}) {
		t.Errorf("batches: got %v, want [[1] [2 3 4 5]]", batches)
	}
}

// A full flow holds its reader back, by count and by bytes; an item larger than
// all bounds still passes.
func TestBackPressure(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		bytes int64
		most  int // items that a stuck committer leaves room for: its batch, the next, the queue
	}{
		{"by count", 1, small.QueueItems + 2*small.BatchItems},
		{"by bytes", 30, 3},
		{"larger than all", 1 << 40, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			passed := 0
			err := New[int](small).Run(ctx, func(_ context.Context, put Put[int]) error {
				for {
					if err := put(passed, test.bytes); err != nil {
						return err
					}
					passed++
				}
			}, func(ctx context.Context, _ []int) error {
				defer time.AfterFunc(50*time.Millisecond, cancel).Stop() // the reader comes to its bound meanwhile
				<-ctx.Done()
				return ctx.Err()
			})
			if !errors.Is(err, context.Canceled) {
				t.Errorf("got %v, want to end with the context", err)
			}
			if passed < 1 || passed > test.most {
				t.Errorf("passed %d items, want 1 to %d", passed, test.most)
			}
		})
	}
}

// A run ends with the first error, of the reader or of the committer; what was
// read before the reader failed is committed.
func TestRunEnds(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	err := New[int](small).Run(t.Context(), func(ctx context.Context, put Put[int]) error {
		for {
			if err := put(1, 1); err != nil {
				return err
			}
		}
	}, func(context.Context, []int) error { return broken })
	if !errors.Is(err, broken) {
		t.Errorf("commit fails: got %v", err)
	}
	var got []int
	err = New[int](small).Run(t.Context(), func(ctx context.Context, put Put[int]) error {
		return errors.Join(putAll(1, 2, 3, 4, 5)(ctx, put), broken)
	}, func(_ context.Context, values []int) error {
		got = append(got, values...)
		return nil
	})
	if !errors.Is(err, broken) || !slices.Equal(got, []int{1, 2, 3, 4, 5}) {
		t.Errorf("reader fails: got %v and %v", got, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err = New[int](small).Run(ctx, func(ctx context.Context, _ Put[int]) error { <-ctx.Done(); return nil },
		func(context.Context, []int) error { return nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: got %v", err)
	}
}
