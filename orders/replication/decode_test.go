package replication

import (
	"errors"
	"testing"

	"github.com/aisle-search/aisle/orders/mapping"
	"github.com/aisle-search/aisle/orders/pgoutput"
)

// testPlan is what Prepare finds out about our own tables.
func testPlan() plan {
	cfg := DefaultConfig()
	return plan{
		stock: table{kind: KindStock, Table: &mapping.Table{Columns: cfg.stockColumns(), OID: 100, Keys: []string{"product_id"}}},
		lines: table{kind: KindLine, Table: &mapping.Table{Columns: cfg.lineColumns(), OID: 200, Keys: []string{"order_id", "line_no"}}},
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
			for _, known := range []error{ErrProtocol, pgoutput.ErrMalformed, mapping.ErrColumnMissing, mapping.ErrToast, mapping.ErrTableReplaced} {
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
