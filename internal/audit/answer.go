package audit

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"time"
)

// Search asks the server and decodes its answer into a value.
type Search func(ctx context.Context, query url.Values, into any) error

// answer is what a search answers.
type answer struct {
	Hits   []hit   `json:"hits"`
	Total  int     `json:"total"`
	Facets []facet `json:"facets"`
	Next   *string `json:"next"`
	Prev   *string `json:"prev"`
	Paging string  `json:"paging"`
}

type hit struct {
	ID      string          `json:"id"`
	Product json.RawMessage `json:"product"`
}

type facet struct {
	Name     string       `json:"name"`
	Kind     string       `json:"kind"`
	Values   []facetValue `json:"values"`
	More     bool         `json:"more"`
	Distinct int          `json:"distinct"`
	Min      bound        `json:"min"`
	Max      bound        `json:"max"`
	Buckets  []bucket     `json:"buckets"`
}

type facetValue struct {
	Value    string `json:"value"`
	Count    int    `json:"count"`
	Selected bool   `json:"selected"`
}

type bucket struct {
	From  bound `json:"from"`
	To    bound `json:"to"`
	Count int   `json:"count"`
}

// bound is an end of a range, as a number and as a filter spells it.
type bound struct {
	number float64
	text   string
}

// UnmarshalJSON takes a number, a time, or null.
func (b *bound) UnmarshalJSON(data []byte) (err error) {
	*b = bound{}
	switch {
	case string(data) == "null":
		return nil
	case data[0] != '"':
		b.text = string(data)
		b.number, err = strconv.ParseFloat(b.text, 64)
		return err
	}
	if err := json.Unmarshal(data, &b.text); err != nil {
		return err
	}
	at, err := time.Parse(time.RFC3339Nano, b.text)
	b.number = float64(at.UnixMilli())
	return err
}

// ask asks one question.
func (s Search) ask(ctx context.Context, query url.Values) (*answer, error) {
	a := &answer{}
	if err := s(ctx, query, a); err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	return a, nil
}
