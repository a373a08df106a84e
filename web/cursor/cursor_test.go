package cursor

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aisle-search/aisle/orders"
	"github.com/aisle-search/aisle/search"
)

// A cursor's key can be given, so that cursors outlive a restart.
func TestKeyCanBeShared(t *testing.T) {
	t.Parallel()
	q := orders.HistoryQuery{Customer: "c"}
	at := orders.HistoryKey{CreatedAt: time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC), ID: "0190a6a0-0000-7000-8000-000000000001"}
	one, err := New(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	two, err := New(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	got, err := two.Open("shop", q, one.Seal("shop", q, at))
	if err != nil || *got != at {
		t.Errorf("got %v, %v, want %v", got, err, at)
	}
	if _, err := two.Open("other", q, one.Seal("shop", q, at)); err == nil {
		t.Error("another caller can use the cursor")
	}
	if strings.Contains(one.Seal("shop", q, at), at.Encode()) {
		t.Error("the cursor shows what is in it")
	}
	if _, err := New([]byte("short")); err == nil {
		t.Error("a short key is taken")
	}
}

// Bytes of any kind are refused, not read.
func FuzzOpen(f *testing.F) {
	s, err := New(make([]byte, KeySize))
	if err != nil {
		f.Fatal(err)
	}
	q := orders.HistoryQuery{Customer: "c"}
	f.Add("")
	f.Add("....")
	f.Add(s.Seal("", q, orders.HistoryKey{CreatedAt: time.Unix(0, 0).UTC(), ID: "0190a6a0-0000-7000-8000-000000000001"})[1:])
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := s.Open("", q, text); err != nil && !errors.Is(err, search.ErrInvalidCursor) {
			t.Errorf("Open(%q) = %v, want ErrInvalidCursor", text, err)
		}
	})
}
