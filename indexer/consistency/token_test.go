package consistency

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/aisle-search/aisle/catalog"
)

// Tokens come back as they went; nothing else is a token.
func TestToken(t *testing.T) {
	t.Parallel()
	for _, want := range []Token{
		{}, {CatalogT: 1, CatalogI: 2, OrdersLSN: 3}, {math.MaxUint32, math.MaxUint32, math.MaxUint64},
	} {
		got, err := Parse(want.Encode())
		if err != nil || got != want {
			t.Errorf("Parse(Encode(%+v)): got %+v, %v", want, got, err)
		}
	}
	good := Token{CatalogT: 1}.Encode()
	for _, bad := range []string{"", "x", good + "A", good[1:], "B" + good[1:], good[:22] + "B", good[:22] + "=", "\n" + good[1:], good[:5] + "!" + good[6:]} {
		if got, err := Parse(bad); !errors.Is(err, ErrToken) {
			t.Errorf("Parse(%q): got %+v, %v, want ErrToken", bad, got, err)
		}
	}
}

// A demand may be spelled by one who has written to a database, and joined.
func TestDemand(t *testing.T) {
	t.Parallel()
	sealed := Token{CatalogT: 5, CatalogI: 1, OrdersLSN: 7}.Encode()
	for text, want := range map[string]Token{
		sealed: {5, 1, 7}, "catalog:6.2": {CatalogT: 6, CatalogI: 2}, "orders:1/A0": {OrdersLSN: 1<<32 | 0xA0},
		"catalog:4294967295.4294967295":              {CatalogT: math.MaxUint32, CatalogI: math.MaxUint32},
		"catalog:6.2,orders:0/8":                     {6, 2, 8},
		sealed + ",catalog:4.9,orders:0/8," + sealed: {5, 1, 8},
	} {
		if got, err := ParseDemand(text); err != nil || got != want {
			t.Errorf("ParseDemand(%q): got %+v, %v, want %+v", text, got, err, want)
		}
	}
	for _, bad := range []string{
		"", ",", sealed + ",", "catalog:", "catalog:1", "catalog:1.", "catalog:-1.2", "catalog:1.2.3", "catalog:4294967296.1", "catalog: 1.2",
		"orders:", "orders:1", "orders:1/2/3", "orders:/1", "orders:g/1", "orders:1/100000000", "stock:1.2", "catalog:1.2;orders:0/1",
		strings.Repeat("catalog:1.1,", maxDemands) + "catalog:1.1",
	} {
		if got, err := ParseDemand(bad); !errors.Is(err, ErrToken) {
			t.Errorf("ParseDemand(%.60q): got %+v, %v, want ErrToken", bad, got, err)
		}
	}
	_, err := ParseDemand(strings.Repeat("catalog:1.1,", maxDemands+2) + "catalog:1.1")
	var count *CountError
	if !errors.As(err, &count) || count.Given != 11 || count.Allowed != 8 {
		t.Errorf("eleven tokens: got %v, want a CountError of 11 and 8", err)
	}
	if _, err := ParseDemand(strings.Repeat("catalog:1.1,", maxDemands-1) + "catalog:1.1"); err != nil {
		t.Errorf("eight tokens: got %v, want none", err)
	}
}

// Catalogue times are compared as a whole, orders by themselves.
func TestTokenOrder(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name      string
		has, want Token
		reaches   bool
	}{
		{"zero demands nothing", Token{}, Token{}, true},
		{"equal", Token{1, 2, 3}, Token{1, 2, 3}, true},
		{"later second, lower ordinal", Token{2, 1, 0}, Token{1, 9, 0}, true},
		{"same second, lower ordinal", Token{2, 1, 9}, Token{2, 2, 0}, false},
		{"orders behind", Token{9, 9, 2}, Token{1, 1, 3}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := test.has.Reaches(test.want); got != test.reaches {
				t.Errorf("got %v, want %v", got, test.reaches)
			}
			if joined := test.has.Join(test.want); !joined.Reaches(test.has) || !joined.Reaches(test.want) {
				t.Errorf("joined %+v does not reach both", joined)
			}
		})
	}
}

// FuzzParseToken: whatever is accepted is what Encode would have written.
func FuzzParseToken(f *testing.F) {
	f.Add("")
	f.Add(Token{}.Encode())
	f.Add(Token{CatalogT: 7, CatalogI: 1, OrdersLSN: 1 << 40}.Encode())
	f.Add("AQAAAAAAAAAAAAAAAAAAAAB=")
	f.Fuzz(func(t *testing.T, s string) {
		token, err := Parse(s)
		if err != nil {
			if !errors.Is(err, ErrToken) {
				t.Errorf("error is no ErrToken: %v", err)
			}
			return
		}
		if got := token.Encode(); got != s {
			t.Errorf("accepted %q, which is written %q", s, got)
		}
	})
}

// One who waits is told as soon as all that is wanted is there, or when the wait
// is over.
func TestWait(t *testing.T) {
	t.Parallel()
	f := NewFrontier()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	reached := make(chan bool)
	go func() { reached <- f.Wait(ctx, Token{2, 1, 5}) }()
	f.AdvanceOrders(7)
	f.AdvanceCatalog(catalog.ClusterTime{T: 1, I: 9})
	f.AdvanceCatalog(catalog.ClusterTime{T: 2, I: 1})
	if !<-reached {
		t.Error("reached, but the wait ended")
	}
	f.AdvanceCatalog(catalog.ClusterTime{T: 1, I: 1})
	f.AdvanceOrders(6)
	if got, want := f.Applied(), (Token{2, 1, 7}); got != want {
		t.Errorf("after older positions: got %+v, want %+v", got, want)
	}
	f.ResetCatalog(catalog.ClusterTime{T: 1, I: 1})
	f.ResetOrders(1)
	if got, want := f.Applied(), (Token{1, 1, 1}); got != want {
		t.Errorf("after a reset: got %+v, want %+v", got, want)
	}
	short, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if f.Wait(short, Token{OrdersLSN: 2}) {
		t.Error("not reached, but the wait said so")
	}
}
