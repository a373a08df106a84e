package search

import (
	"context"
	"fmt"
	"testing"
)

// Columns of attributes stay within their room, whatever is asked for, and answers
// stay the same.
func TestAttributeRoom(t *testing.T) {
	t.Parallel()
	s, err := OpenStore(t.TempDir(), Options{Partitions: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	x, err := s.Begin(Schema{Hash: "x", Fields: []Field{{Name: "title", Kind: Text, Weight: 1}}})
	if err != nil {
		t.Fatal(err)
	}
	docs := make([]Document, 100)
	for i := range docs {
		d := Document{ID: fmt.Sprint(i), Texts: []TextValue{{Field: "title", Text: "kettle"}}}
		for a := range 50 {
			d.Keywords = append(d.Keywords, KeywordValue{Field: fmt.Sprintf("attr.a%d", a), Value: fmt.Sprint(i % (a + 1))})
		}
		docs[i] = d
	}
	if err := x.Commit(t.Context(), Batch{Documents: docs, Position: []byte("x")}); err != nil {
		t.Fatal(err)
	}
	if err := s.Swap(x); err != nil {
		t.Fatal(err)
	}
	x.generation.Attributes.LimitTo(5_000) // of some 10 columns
	for range 3 {
		for a := range 50 {
			p, err := s.Search(context.Background(), Query{Text: "kettle", Facets: []string{fmt.Sprintf("attr.a%d", a)}, FacetSize: 200})
			if err != nil {
				t.Fatal(err)
			}
			if got := len(p.Facets[0].Values); got != a+1 {
				t.Fatalf("attribute %d: got %d values, want %d", a, got, a+1)
			}
			if used := x.Memory().Attributes; used > 5_000 {
				t.Fatalf("%d bytes of columns, at most 5000", used)
			}
		}
	}
	if x.Memory().Attributes == 0 {
		t.Error("no column was kept")
	}
	m := x.Memory()
	if m.Columns < 100*(4+4+2) || m.Values == 0 {
		t.Errorf("got %+v", m)
	}
}
