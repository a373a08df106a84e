package search

import (
	"time"

	"github.com/aisle-search/aisle/search/facet"
	"github.com/aisle-search/aisle/search/rank"
	"github.com/aisle-search/aisle/search/snapshot"
)

// Query is one search. Filters and sort are as the caller wrote them; Search
// validates them against the schema.
type Query struct {
	Text      string   // empty browses
	Filters   []Filter // ANDed
	Forced    []Filter // ANDed, too, and never left out: a cursor holds for them
	InStock   bool     // only what can be bought
	Facets    []string // field names; "auto" for those that describe the result best
	FacetSize int      // values a facet lists, 1..200; 0 means 10
	Sort      string   // "", "relevance", NAME or -NAME
	Limit     int      // 1..100; 0 means 24
	Cursor    string   // from a Page; the rest must be equal or zero, see Empty
	Profile   string   // "" is "default"
	Explain   bool
	Highlight bool
	// Empty names what a query with a cursor gives as empty, not leaves out: on the
	// first page it must have been empty, too.
	Empty Empty
}

// Empty tells, by field, empty values that were given from those that were left out.
type Empty struct{ Text, Filters, InStock, Sort, Profile bool }

// Profile is a named set of ranking weights: how much freshness, stock and sales
// count beside the text.
type Profile = rank.Profile

// Built-in profiles.
const (
	ProfileDefault        = rank.Default        // text with gentle factors
	ProfileText           = rank.TextAlone      // text alone
	ProfileAvailableFirst = rank.AvailableFirst // default, and sold-out products last under every sort
)

// Filter keeps products of which a value of Field equals one of Values; for
// numbers and dates a value may be a range "a..b", "a.." or "..b", both ends
// included.
type Filter struct {
	Field  string
	Values []string
}

// Page is one page of an answer.
type Page struct {
	Hits       []Hit
	Total      int
	Facets     []Facet
	Next, Prev string // cursors; empty at the ends
	Query      QueryInfo
	Generation uint64
	View       uint64 // see Store.Version
	// Positions are those of the view that answered, by source name ("catalog",
	// "orders"), as they were given to Commit and SetSignals.
	Positions map[string][]byte
	// Paging is PagingSnapshot while the view answers that a cursor's first page was of,
	// PagingKeyset since that has gone and pages go on by sort key; empty without a
	// cursor.
	Paging string
	Pinned bool  // a view answered that was kept for the cursor, not the current one
	Note   *Note // kept with the view
	Took   time.Duration
}

// How a walk by cursor goes on.
const (
	PagingSnapshot = "snapshot"
	PagingKeyset   = "keyset"
)

// Note is a place for what callers know of a view, kept for as long as it is.
type Note = snapshot.Note

// QueryInfo says how the text was understood.
type QueryInfo struct {
	Text    string
	Relaxed []string // named steps taken because strict matching found nothing
}

// Hit is one product of a page.
type Hit struct {
	ID         string
	Score      float64
	Display    []byte // JSON object
	Signal     Signal
	Highlights map[string][]string // field to fragments with <mark>, HTML-escaped
	Explain    *Explanation
}

// Explanation multiplies out: Score = Text × Freshness × Availability × Popularity.
type Explanation struct {
	Score        float64
	Text         float64
	Freshness    float64
	Availability float64
	Popularity   float64
	Profile      string
	Instant      time.Time // the instant freshness was measured at
	Terms        []TermExplanation
}

// TermExplanation is one query term's share of the text score; the shares add up
// to Text.
type TermExplanation struct {
	Term   string
	Share  float64
	IDF    float64
	DF     int                // products that hold the term in any field
	Fields map[string]float64 // weighted, length-normalised frequency by field
}

// Facet is the counts of one field over the result, its own filter left out.
type Facet = facet.Result

// FacetValue is one value of a terms facet.
type FacetValue = facet.Value

// FacetBucket is one range; both ends are included, so filtering by From..To
// finds exactly Count products.
type FacetBucket = facet.Bucket

// Record is one product as the index holds it.
type Record struct {
	ID        string
	Display   []byte // JSON object
	Detail    []byte // JSON object
	Digest    uint64
	Signal    Signal
	IndexedAt time.Time
	Positions map[string][]byte
}
