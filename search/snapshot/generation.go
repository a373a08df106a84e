package snapshot

import (
	"time"

	"github.com/aisle-search/aisle/search/analysis"
	"github.com/aisle-search/aisle/search/column"
	"github.com/aisle-search/aisle/search/record"
	"github.com/aisle-search/aisle/search/schema"
	"github.com/aisle-search/aisle/search/signal"
)

// Generation is what all views of one generation share.
type Generation struct {
	Number       uint64
	Schema       *schema.Compiled
	Analyzer     *analysis.Analyzer
	Signals      *signal.Table
	Dictionaries *column.Dictionaries
	Records      *record.Codec
	Now          func() time.Time

	Hot        HotRoom
	Attributes AttributeRoom
}

// NewGeneration makes what views share, before the generation is opened.
func NewGeneration(signals *signal.Table, now func() time.Time) *Generation {
	g := &Generation{Signals: signals, Dictionaries: column.NewDictionaries(), Now: now}
	g.Hot.least = minHotDocuments
	return g
}
