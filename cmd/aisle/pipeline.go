package main

import (
	"encoding/binary"
	"fmt"

	"github.com/aisle-search/aisle/catalog"
	"github.com/aisle-search/aisle/indexer"
)

// pipeline gives an indexer the form that web asks for.
type pipeline struct{ *indexer.Indexer }

// TokenOf reads the positions of a page.
func (pipeline) TokenOf(positions map[string][]byte) (indexer.Token, error) {
	var t indexer.Token
	if b := positions[indexer.SourceCatalog]; len(b) > 0 {
		var p catalog.Position
		if err := p.UnmarshalBinary(b); err != nil {
			return t, fmt.Errorf("read position of the catalogue: %w", err)
		}
		t.CatalogT, t.CatalogI = p.Time.T, p.Time.I
	}
	if b := positions[indexer.SourceOrders]; len(b) == 8 {
		t.OrdersLSN = binary.BigEndian.Uint64(b)
	}
	return t, nil
}
