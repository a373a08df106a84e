package rank

import (
	"cmp"
	"math"
	"strings"
)

// Sort is a validated sort.
type Sort struct {
	Field          string // empty: relevance
	ByText         bool   // by sort keys, else by numbers
	Descending     bool
	AvailableFirst bool // what can be bought first
}

// Key is what a product is ordered by, before its id.
type Key struct {
	SoldOut bool // only when what can be bought comes first
	Tier    int  // required concepts matched, only by relevance
	Missing bool
	Number  float64
	Text    string
}

// Compare orders keys: negative when a comes first. Products without the field
// come last either way.
func (p *Sort) Compare(a, b *Key) int {
	switch {
	case a.SoldOut != b.SoldOut:
		return First(b.SoldOut)
	case a.Tier != b.Tier:
		return b.Tier - a.Tier
	case a.Missing != b.Missing:
		return First(b.Missing)
	case a.Missing:
		return 0
	}
	var c int
	if p.ByText {
		c = strings.Compare(a.Text, b.Text)
	} else {
		c = cmp.Compare(a.Number, b.Number)
	}
	if p.Descending {
		return -c
	}
	return c
}

// First is what a comparison of a and b gives when a comes first, and when it does not.
func First(first bool) int {
	if first {
		return -1
	}
	return 1
}

// NumberKey is the sort key of a number, missing when NaN.
func NumberKey(n float64) Key {
	return Key{Missing: math.IsNaN(n), Number: n}
}
