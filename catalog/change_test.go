package catalog

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// Ensures that positions survive being stored.
func TestPositionRoundTrip(t *testing.T) {
	t.Parallel()
	for _, want := range []Position{
		{},
		{Time: ClusterTime{1, 2}},
		{Token: mustMarshal(t, bson.D{{Key: "_data", Value: "82"}}), Time: ClusterTime{1 << 31, 7}, Collection: uuid.UUID{1, 2, 3}},
	} {
		data, err := want.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		var got Position
		if err := got.UnmarshalBinary(data); err != nil {
			t.Errorf("%+v: %v", want, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		data[0]++
		if err := got.UnmarshalBinary(data); err == nil {
			t.Error("another format is read")
		}
	}
}

// Ensures the order and text of cluster times.
func TestClusterTime(t *testing.T) {
	t.Parallel()
	times := []ClusterTime{{}, {0, 1}, {1, 0}, {1, 5}, {4294967295, 4294967295}}
	for i, a := range times {
		for j, b := range times {
			want := 0
			if i < j {
				want = -1
			} else if i > j {
				want = 1
			}
			if got := a.Compare(b); got != want {
				t.Errorf("%s and %s: got %d, want %d", a, b, got, want)
			}
		}
		if got, err := ParseClusterTime(a.String()); err != nil || got != a {
			t.Errorf("got %s, %v; want %s", got, err, a)
		}
	}
	for _, bad := range []string{"", "1", "1.", ".1", "1.2.3", "-1.2", "1.4294967296", "a.b"} {
		if got, err := ParseClusterTime(bad); err == nil {
			t.Errorf("%q: got %s, want an error", bad, got)
		}
	}
}

// Ensures that the time is read out of the tokens of MongoDB and of the
// development server, and that other tokens are no error.
func TestTokenTime(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		data any
		want ClusterTime
		ok   bool
	}{
		{"8265A1B2C300000007", ClusterTime{0x65a1b2c3, 7}, true},
		{"826635E8C9000000012B042C0100296E5A1004", ClusterTime{0x6635e8c9, 1}, true},
		{"3d0000001073002400000011740007000000b44f066b026e000e000000657870322e70726f647563747300036b000e000000105f696400090000000000", ClusterTime{0x6b064fb4, 7}, true},
		{"82", ClusterTime{}, false},
		{"zz", ClusterTime{}, false},
		{"ffffffffffffffffffffff", ClusterTime{}, false},
		{7, ClusterTime{}, false},
	} {
		got, ok := tokenTime(mustMarshal(t, bson.D{{Key: "_data", Value: test.data}}))
		if got != test.want || ok != test.ok {
			t.Errorf("%v: got %s %v, want %s %v", test.data, got, ok, test.want, test.ok)
		}
	}
	if _, ok := tokenTime(nil); ok {
		t.Error("a time in no token")
	}
}
