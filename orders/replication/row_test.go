package replication

import (
	"errors"
	"math"
	"testing"
	"time"

	"github.com/aisle-search/aisle/orders/pgoutput"
)

func TestParseQuantity(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]int64{
		"": 0, "0": 0, "7": 7, "-3": -3, "t": 1, "f": 0, "12.000": 12, "2.99": 2, "-2.99": -2, "NaN": 0,
		"Infinity": math.MaxInt64, "-Infinity": math.MinInt64, "1e+06": 1_000_000, "1.5e3": 1500, "99999999999999999999": math.MaxInt64,
		"99999999999999999999.5": math.MaxInt64, "-1e400": math.MinInt64, "pieces": 0,
	} {
		if got := parseQuantity([]byte(in)); got != want {
			t.Errorf("%q: got %d, want %d", in, got, want)
		}
	}
}

func TestSaturatingSub(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ a, b, want int64 }{
		{5, 3, 2}, {3, 5, -2}, {math.MinInt64, 1, math.MinInt64}, {math.MaxInt64, -1, math.MaxInt64}, {0, math.MinInt64, math.MaxInt64},
	} {
		if got := saturatingSub(c.a, c.b); got != c.want {
			t.Errorf("%d - %d: got %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

func TestParseTime(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]time.Time{
		"2024-02-29 01:02:03.456789+00": time.Date(2024, 2, 29, 1, 2, 3, 456_789_000, time.UTC),
		"2024-02-29 01:02:03+00":        time.Date(2024, 2, 29, 1, 2, 3, 0, time.UTC),
		"2024-02-29 01:02:03.5":         time.Date(2024, 2, 29, 1, 2, 3, 500_000_000, time.UTC),
		"2024-02-29":                    time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC),
		"":                              {}, "infinity": {}, "-infinity": {}, "0044-03-15 BC": {}, "20240-01-01": {},
	} {
		if got := parseTime(in); !got.Equal(want) {
			t.Errorf("%q: got %v, want %v", in, got, want)
		}
	}
}

// testPlan is what Prepare finds out about our own tables.
func testPlan() plan {
	cfg := DefaultConfig()
	return plan{
		stock: &table{mapping: cfg.stockColumns(), oid: 100, keys: []string{"product_id"}},
		lines: &table{mapping: cfg.lineColumns(), oid: 200, keys: []string{"order_id", "line_no"}},
	}
}

// FuzzDecode: no bytes make the decoder panic, and what it refuses it refuses by
// a sentinel. Messages are split at a separator, so that one input is a stream.
func FuzzDecode(f *testing.F) {
	for _, stream := range sampleStreams() {
		f.Add(stream)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		d := newDecoder(testPlan())
		var batch []Change
		for _, message := range splitStream(data) {
			var err error
			if batch, err = d.decode(message, batch[:0]); err == nil {
				continue
			}
			for _, known := range []error{ErrProtocol, ErrColumnMissing, ErrToast, ErrTableReplaced} {
				if errors.Is(err, known) {
					return
				}
			}
			t.Fatalf("got %v, want a known error", err)
		}
	})
}

// TestDecodeStreams: the samples that the fuzzing begins with are good streams.
func TestDecodeStreams(t *testing.T) {
	t.Parallel()
	d := newDecoder(testPlan())
	var batch []Change
	for _, stream := range sampleStreams() {
		for _, message := range splitStream(stream) {
			var err error
			if batch, err = d.decode(message, batch); err != nil {
				t.Fatal(err)
			}
		}
	}
	var got []Op
	for _, c := range batch {
		got = append(got, c.Op)
	}
	want := []Op{OpUpsert, OpUpsert, OpDelete, OpUpsert, OpDelete, OpCommit, OpTruncate, OpCommit}
	if len(got) != len(want) {
		t.Fatalf("got %v, want %v", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("got %v, want %v", got, want)
		}
	}
	if c := batch[0]; c.Key != "o1\x1f1" || c.Product != "p1" || c.Quantity != 2 || c.LSN != 16 {
		t.Errorf("got %+v, want the line of p1", c)
	}
}

// BenchmarkDecode decodes one insert of an order line and maps it to a Change.
func BenchmarkDecode(b *testing.B) {
	d := newDecoder(testPlan())
	messages := splitStream(sampleStreams()[0])
	batch := make([]Change, 0, 8)
	for _, m := range messages[:2] {
		if _, err := d.decode(m, batch); err != nil {
			b.Fatal(err)
		}
	}
	insert := messages[2]
	if pgoutput.Kind(insert[0]) != pgoutput.Insert {
		b.Fatalf("got %q, want an insert", insert[0])
	}
	b.ReportAllocs()
	b.SetBytes(int64(len(insert)))
	for b.Loop() {
		if _, err := d.decode(insert, batch[:0]); err != nil {
			b.Fatal(err)
		}
	}
}
