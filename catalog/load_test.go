package catalog

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.mongodb.org/mongo-driver/v2/bson"
)

func load(t testing.TB, store *Store, r io.Reader) LoadReport {
	t.Helper()
	report, err := Load(t.Context(), store, store.schema, r, nil)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func lines(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `{"sku": "p%05d", "name": "Product %d", "status": "on", "released": "2024-01-02"}`+"\n", i, i)
	}
	return b.String()
}

// Ensures that a load stores every line, reads dates, and that loading again
// changes nothing: not even an event reaches the stream.
func TestLoadAgainChangesNothing(t *testing.T) {
	t.Parallel()
	store := openStore(t)
	const n = 2500
	first := load(t, store, strings.NewReader(lines(n)))
	if first.Lines != n || first.Inserted != n || first.Written != n || first.Bad != 0 || first.Time.IsZero() {
		t.Errorf("got %+v, want %d inserted", first, n)
	}
	before := stored(t, store.collection)
	one := bson.Raw(before["p00001"])
	if one.Lookup("released").Type != bson.TypeDateTime || one.Index(0).Key() != "_id" {
		t.Errorf("got %s, want _id first and a date", one)
	}
	if _, err := one.LookupErr("sku"); err == nil {
		t.Error("the id is stored twice")
	}
	source := NewSource(store)
	pos := snapshot(t, source, view{})
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	if _, err := io.WriteString(z, "\xef\xbb\xbf"+lines(n)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	second := load(t, store, &zipped)
	if second.Unchanged != n || second.Inserted+second.Changed+second.Bad != 0 {
		t.Errorf("got %+v, want %d unchanged", second, n)
	}
	insert(t, store.collection, doc("last", "marks the end"))
	if err := follow(t, source, pos, func(c Change) bool {
		if c.Op != OpTick && c.ID != "last" {
			t.Errorf("got an event of %s", c.ID)
		}
		return c.ID == "last"
	}); err != nil {
		t.Fatal(err)
	}
	delete(before, "last")
	after := stored(t, store.collection)
	delete(after, "last")
	if diff := cmp.Diff(before, after); diff != "" {
		t.Error(diff)
	}
}

// Ensures that bad lines are reported by number and reason and stop nothing.
func TestLoadBadLines(t *testing.T) {
	t.Parallel()
	store := openStore(t)
	text := strings.Join([]string{
		`{"sku": "a", "name": "first"}`,
		``,
		`not JSON`,
		`{"sku": "b", "price": "abc", "eco": 7}`,
		`{"name": "no id"}`,
		`{"sku": "c", "name": "` + "\xff" + `"}`,
		`{"sku": "d", "name": "` + strings.Repeat("x", maxLine) + `"}`,
		`{"sku": "a", "name": "second"}`,
		`{"sku": 5, "name": "number"} trailing`,
		`{"sku": "e", "name": "` + strings.Repeat("y", 1<<20) + `"}`,
		`{"sku": "g", "name": "half \ud83d"}`,
		`{"sku": "f", "name": "no newline \ud83d\ude00"}`,
	}, "\r\n")
	var progress []LoadProgress
	report, err := Load(t.Context(), store, store.schema, strings.NewReader(text), func(p LoadProgress) { progress = append(progress, p) })
	if err != nil {
		t.Fatal(err)
	}
	want := []BadLine{
		{3, "document: is not JSON: invalid character 'o' in literal null (expecting 'u') at byte 2"},
		{4, `price: "abc" is not an amount of money; eco: "7" is not true or false`},
		{5, "_id: is missing"},
		{6, "document: is not valid UTF-8"},
		{7, "is longer than 16777216 bytes"},
		{9, "document: is not JSON: invalid character 't' after top-level value at byte 30"},
		{11, `document: is not valid Unicode: \ud83d is half of a surrogate pair`},
	}
	if diff := cmp.Diff(want, report.BadLines); diff != "" {
		t.Error(diff)
	}
	if report.Lines != 11 || report.Bad != 7 || report.Written != 4 || report.Bytes != int64(len(text)) {
		t.Errorf("got %+v", report.LoadProgress)
	}
	if last := progress[len(progress)-1]; last != report.LoadProgress {
		t.Errorf("got last progress %+v, want %+v", last, report.LoadProgress)
	}
	a, err := store.Get(t.Context(), "a")
	if err != nil || a.Raw.Lookup("name").StringValue() != "second" {
		t.Errorf("got %s, %v; want the last line of an id to win", a.Raw, err)
	}
}

// Ensures that input that breaks off is an error, and what came before is kept.
func TestLoadBrokenInput(t *testing.T) {
	t.Parallel()
	store := openStore(t)
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	if _, err := io.WriteString(z, lines(50000)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	report, err := Load(t.Context(), store, store.schema, bytes.NewReader(zipped.Bytes()[:20000]), nil)
	if !errors.Is(err, io.ErrUnexpectedEOF) || !strings.Contains(err.Error(), "line ") {
		t.Errorf("got %v, want an unexpected end with its line", err)
	}
	if report.Inserted == 0 || report.Inserted != report.Lines {
		t.Errorf("got %+v, want what was read to be stored", report)
	}
	if report := load(t, store, strings.NewReader("")); report.Lines != 0 {
		t.Errorf("empty input: got %+v", report)
	}
}
