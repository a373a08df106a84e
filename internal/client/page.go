package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
)

// SearchPath is where searches are answered.
const SearchPath = "/v1/search"

// Fields are a product's fields as they are shown.
type Fields = map[string]json.RawMessage

// Hit is one product of a page.
type Hit[P any] struct {
	ID      string `json:"id"`
	Product P      `json:"product"`
}

// Facet is the counts of one facet.
type Facet struct {
	Name   string `json:"name"`
	Kind   string `json:"kind"`
	Values []struct {
		Value any `json:"value"`
		Count int `json:"count"`
	} `json:"values"`
}

// Page is what a search answers. P is what its caller reads of a product.
type Page[P any] struct {
	Hits   []Hit[P] `json:"hits"`
	Total  int      `json:"total"`
	Facets []Facet  `json:"facets"`
	// Next is the cursor of the next page, nil on the last one.
	Next *string `json:"next"`
	// Paging is snapshot, or keyset where the list that a walk began on has gone.
	Paging string `json:"paging"`
	Index  struct {
		Generation uint64 `json:"generation"`
		Stale      bool   `json:"stale"`
	} `json:"index"`
}

// walkLimit is the size of a walk's pages.
const walkLimit = "100"

// ErrTwice means that a product came twice on one walk.
var ErrTwice = errors.New("client: a product is a hit twice")

// Walk asks for one page after another and returns every product by its id, with the
// total of the last page.
func Walk[P any](ctx context.Context, ask func(context.Context, url.Values) (Page[P], error)) (products map[string]P, total int, err error) {
	products = map[string]P{}
	query := url.Values{"limit": {walkLimit}}
	for {
		page, err := ask(ctx, query)
		if err != nil {
			return nil, 0, err
		}
		for _, h := range page.Hits {
			if _, twice := products[h.ID]; twice {
				return nil, 0, fmt.Errorf("%w: %s", ErrTwice, h.ID)
			}
			products[h.ID] = h.Product
		}
		if page.Next == nil {
			return products, page.Total, nil
		}
		query.Set("cursor", *page.Next)
	}
}
