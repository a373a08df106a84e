package catalog

import (
	"fmt"
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
		if err := f.event(t.Context(), mustMarshal(t, d)); err != nil {
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

// While the events of a transaction come, something of its time is shown already.
func TestShown(t *testing.T) {
	t.Parallel()
	token := mustMarshal(t, bson.D{{Key: "_data", Value: fmt.Sprintf("82%08X%08X2B0229296E04", 10, 9)}})
	for _, tt := range []struct{ reached, want ClusterTime }{
		{ClusterTime{10, 8}, ClusterTime{10, 9}}, {ClusterTime{10, 9}, ClusterTime{10, 9}}, {ClusterTime{11, 0}, ClusterTime{11, 0}},
	} {
		if got := (Position{Time: tt.reached, Token: token}).Shown(); got != tt.want {
			t.Errorf("reached %s: shown %s, want %s", tt.reached, got, tt.want)
		}
	}
	if got := (Position{Time: ClusterTime{3, 1}}).Shown(); got != (ClusterTime{3, 1}) {
		t.Errorf("without a token: got %s", got)
	}
}
