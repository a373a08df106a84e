package indexer

import (
	"context"
	"errors"
	"testing"

	"github.com/aisle-search/aisle/orders/postgres"
	"github.com/aisle-search/aisle/orders/replication"
)

// Transactions are applied whole, in order, with nothing lost or twice; one that is too
// large is applied in parts.
func TestWholeTransactions(t *testing.T) {
	t.Parallel()
	row := func(n int64) replication.Change { return replication.Change{Op: replication.OpUpsert, Quantity: n} }
	end := func(lsn postgres.LSN) replication.Change {
		return replication.Change{Op: replication.OpCommit, LSN: lsn}
	}
	var got [][]replication.Change
	broken := errors.New("broken")
	var fail error
	commit := wholeTransactions(func(_ context.Context, changes []replication.Change) error {
		got = append(got, changes)
		return fail
	})
	give := func(changes ...replication.Change) {
		t.Helper()
		if err := commit(t.Context(), changes); !errors.Is(err, fail) {
			t.Errorf("got %v, want %v", err, fail)
		}
	}
	want := func(sizes ...int) {
		t.Helper()
		if len(got) != len(sizes) {
			t.Fatalf("%d batches, want %d", len(got), len(sizes))
		}
		for i, size := range sizes {
			if len(got[i]) != size {
				t.Errorf("batch %d has %d changes, want %d", i, len(got[i]), size)
			}
		}
		got = nil
	}
	give(row(1), end(1), row(2)) // the second transaction has not ended
	want(2)
	give(row(3))
	want()
	give(end(2))
	want(3)
	give(end(3)) // a position alone
	want(1)
	large := make([]replication.Change, maxHeldRows+1)
	for i := range large {
		large[i] = row(int64(i))
	}
	give(large...)
	want(maxHeldRows + 1)
	give(row(9), end(4))
	want(2)
	fail = broken
	give(row(10), end(5))
	want(2)
}
