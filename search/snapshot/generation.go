package snapshot

import (
	"maps"
	"slices"
	"sync"
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

	mu    sync.Mutex // guards views
	views map[*View]struct{}
}

// NewGeneration makes what views share, before the generation is opened.
func NewGeneration(signals *signal.Table, now func() time.Time) *Generation {
	g := &Generation{
		Signals: signals, Dictionaries: column.NewDictionaries(), Now: now, views: map[*View]struct{}{},
	}
	g.Hot.least = minHotDocuments
	return g
}

// enter counts a view among those that somebody may search. The columns that the views
// before it gathered may be of segments that have gone with it.
func (g *Generation) enter(v *View) {
	for _, older := range g.living() {
		older.forgetColumns()
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.views[v] = struct{}{}
}

// leave says that nobody searches a view any more.
func (g *Generation) leave(v *View) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.views, v)
}

// living are the views that somebody may search, cursors among them.
func (g *Generation) living() []*View {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Collect(maps.Keys(g.views))
}
