package catalog

import (
	"math"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// All events of a transaction have the time of its commit. The position gets there with
// what comes after them: who waits for the transaction sees all of it.
func TestTransactionTime(t *testing.T) {
	t.Parallel()
	var got []ClusterTime
	f := follower{emit: func(c Change) error {
		got = append(got, c.Position.Time)
		return nil
	}}
	for n, e := range []struct {
		time    bson.Timestamp
		partial bool
	}{
		{bson.Timestamp{T: 10, I: 4}, false},
		{bson.Timestamp{T: 10, I: 9}, true},
		{bson.Timestamp{T: 10, I: 9}, true},
		{bson.Timestamp{T: 11, I: 1}, false},
		{bson.Timestamp{T: 12, I: 0}, true},
		{bson.Timestamp{T: 12, I: 1}, false},
	} {
		d := bson.D{
			{Key: "_id", Value: bson.D{{Key: "_data", Value: n}}}, {Key: "operationType", Value: "delete"},
			{Key: "clusterTime", Value: e.time}, {Key: "documentKey", Value: bson.D{{Key: "_id", Value: "p"}}},
		}
		if e.partial {
			d = append(d, bson.E{Key: "txnNumber", Value: int64(1)})
		}
		if err := f.event(mustMarshal(t, d)); err != nil {
			t.Fatal(err)
		}
	}
	want := []ClusterTime{{10, 4}, {10, 8}, {10, 8}, {11, 1}, {11, math.MaxUint32}, {12, 1}}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("after event %d: at %s, want %s", i, got[i], want[i])
		}
	}
}
