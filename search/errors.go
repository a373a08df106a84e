package search

import (
	"errors"
	"fmt"
)

// Errors of a query.
var (
	// ErrInvalidCursor: the cursor is not one of ours, or was altered.
	ErrInvalidCursor = errors.New("search: cursor is not valid")
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

// InvalidError names the parameter of a query that is wrong and why.
type InvalidError struct {
	Field  string // in the HTTP contract's spelling: "q", "f.price", "sort"
	Reason string
}

func (e *InvalidError) Error() string { return fmt.Sprintf("search: %s %s", e.Field, e.Reason) }
