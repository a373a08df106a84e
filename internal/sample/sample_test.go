package sample

import (
	"bufio"
	"io"
	"testing"
	"time"
)

// Orders lie within the sixty days before now, whenever that is, and have the
// same ids at any time.
func TestOrders(t *testing.T) {
	t.Parallel()
	now := time.Date(2031, 5, 6, 7, 8, 9, 0, time.UTC)
	orders, err := Orders(now)
	if err != nil {
		t.Fatal(err)
	}
	later, err := Orders(now.AddDate(0, 0, 1))
	if err != nil {
		t.Fatal(err)
	}
	if len(orders) < 3000 || len(orders) != len(later) {
		t.Fatalf("%d orders, %d a day later, want the same 3,000 or more", len(orders), len(later))
	}
	for i, o := range orders {
		if o.At.After(now) || o.At.Before(now.AddDate(0, 0, -60)) || len(o.Lines) == 0 || o.Customer == "" {
			t.Errorf("order %+v is not one of the last sixty days", o)
		}
		if later[i].ID != o.ID || later[i].At.Sub(o.At) != 24*time.Hour {
			t.Errorf("a day later order %s is %s at %v", o.ID, later[i].ID, later[i].At)
		}
	}
}

// Some stock is out, some is low, most is there.
func TestStocks(t *testing.T) {
	t.Parallel()
	stocks, err := Stocks()
	if err != nil {
		t.Fatal(err)
	}
	out, low := 0, 0
	for _, s := range stocks {
		switch {
		case s.OnHand == 0:
			out++
		case s.OnHand < 4:
			low++
		}
	}
	if n := len(stocks); n < 1800 || out < n/20 || low < n/20 || out+low > n/3 {
		t.Errorf("of %d stocks %d are out and %d low", n, out, low)
	}
}

// The files are all there.
func TestFiles(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func() (io.Reader, error){"products": Products, "schema": Schema, "judgments": Judgments} {
		r, err := open()
		if err != nil {
			t.Fatal(err)
		}
		lines := 0
		for scanner := bufio.NewScanner(r); scanner.Scan(); lines++ {
		}
		if lines < 40 {
			t.Errorf("%s has %d lines", name, lines)
		}
	}
}
