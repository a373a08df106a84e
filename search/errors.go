package search

import (
	"errors"
	"fmt"

	"github.com/aisle-search/aisle/search/cursor"
	"github.com/aisle-search/aisle/search/folder"
	"github.com/aisle-search/aisle/search/storage"
)

// Errors of a query.
var (
	// ErrInvalidCursor: the cursor is not one of ours, or was altered.
	ErrInvalidCursor = cursor.ErrInvalid
	// ErrCursorMismatch: the cursor belongs to another query.
	ErrCursorMismatch = errors.New("search: cursor belongs to another query")
	// ErrCursorExpired: the cursor can no longer be continued.
	ErrCursorExpired = errors.New("search: cursor has expired")
	// ErrNotFound: no such product.
	ErrNotFound = errors.New("search: product not found")
	// ErrNotReady: no generation serves yet.
	ErrNotReady = errors.New("search: no index is loaded")
	// ErrOverloaded: too many searches are in flight.
	ErrOverloaded = errors.New("search: too many searches in flight")
)

// Errors of a store.
var (
	// ErrClosed: the index or store was closed.
	ErrClosed = storage.ErrClosed
	// ErrNotDurable: what was committed does not get on disk, as when that is
	// full.
	ErrNotDurable = storage.ErrNotDurable
	// ErrNoPrevious: no generation that served before is kept.
	ErrNoPrevious = errors.New("search: no previous generation is kept")
	// ErrFormat: the generation on disk was written by another version.
	ErrFormat = errors.New("search: index has another format and must be rebuilt")
)

// LockedError says who holds the data folder.
type LockedError = folder.LockedError

// InvalidError names the parameter of a query that is wrong and why.
type InvalidError struct {
	Field  string // in the HTTP contract's spelling: "q", "f.price", "sort"
	Reason string
}

// Error names the parameter and the reason.
func (e *InvalidError) Error() string { return fmt.Sprintf("search: %s %s", e.Field, e.Reason) }
