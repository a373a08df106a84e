package search

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"testing"
	"weak"

	"github.com/aisle-search/aisle/search/column"
)

// attributed opens a store of one partition with 100 products of 50 attributes; the
// attribute attr.aN has N+1 values.
func attributed(t *testing.T) (*Store, *Index) {
	t.Helper()
	s, err := OpenStore(t.TempDir(), Options{Partitions: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
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
	return s, x
}

func attributeQuery(a int) Query {
	return Query{Text: "kettle", Facets: []string{fmt.Sprintf("attr.a%d", a)}, FacetSize: 200}
}

// Columns of attributes stay within their room, whatever is asked for, and answers
// stay the same.
func TestAttributeRoom(t *testing.T) {
	t.Parallel()
	s, x := attributed(t)
	x.generation.Attributes.LimitTo(5_000) // of some 10 columns
	for range 3 {
		for a := range 50 {
			p, err := s.Search(context.Background(), attributeQuery(a))
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

// A view that a cursor keeps alive keeps no column alive for which there is no room, nor
// one of a segment that has gone, and pages on all the same.
func TestAttributeRoomOfCursors(t *testing.T) {
	t.Parallel()
	for name, push := range map[string]func(*Store, *Index) error{
		"no room": func(s *Store, x *Index) error {
			x.generation.Attributes.LimitTo(2_000)
			for range 2 {
				for a := range 50 {
					if _, err := s.Search(context.Background(), attributeQuery(a)); err != nil {
						return err
					}
				}
			}
			return nil
		},
		"merged away": func(_ *Store, x *Index) error {
			more := Batch{Documents: []Document{{ID: "more"}}, Position: []byte("z")}
			return errors.Join(x.Commit(context.Background(), more), x.Compact(context.Background(), false))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, x := attributed(t)
			query := attributeQuery(49)
			query.Limit = 60
			first, err := s.Search(t.Context(), query)
			if err != nil {
				t.Fatal(err)
			}
			column := keywordsOf(t, x, query.Facets[0])
			if column.Value() == nil {
				t.Fatal("the column was not kept in the first place")
			}
			if err := x.Commit(t.Context(), Batch{Deletes: []string{"0", "1"}, Position: []byte("y")}); err != nil {
				t.Fatal(err)
			}
			if err := push(s, x); err != nil {
				t.Fatal(err)
			}
			runtime.GC()
			if column.Value() != nil {
				t.Error("the column is kept")
			}
			query.Cursor = first.Next
			second, err := s.Search(t.Context(), query)
			if err != nil {
				t.Fatal(err)
			}
			if n := len(first.Hits) + len(second.Hits); n != 100 || second.Paging != "snapshot" {
				t.Errorf("got %d hits of the view of the first page (%s), want all 100 of it", n, second.Paging)
			}
		})
	}
}

// keywordsOf finds the column of an attribute that the current view has.
func keywordsOf(t *testing.T, x *Index, attribute string) weak.Pointer[column.Keywords] {
	t.Helper()
	v, err := x.acquire()
	if err != nil {
		t.Fatal(err)
	}
	defer v.Release()
	columns, err := v.ColumnsOf(attribute, 0)
	if err != nil {
		t.Fatal(err)
	}
	return weak.Make(columns[0].Keywords)
}
