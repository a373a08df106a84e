package indexer

import (
	"errors"

	"github.com/aisle-search/aisle/search"
)

// Errors of operating the pipeline.
var (
	// ErrReindexRunning: a rebuild is under way.
	ErrReindexRunning = errors.New("indexer: a rebuild is already running")
	// ErrReindexNotRunning: there is no rebuild to stop.
	ErrReindexNotRunning = errors.New("indexer: no rebuild is running")
	// ErrNoPrevious: there is no generation to roll back to.
	ErrNoPrevious = search.ErrNoPrevious
	// ErrNotReady: no generation serves yet.
	ErrNotReady = errors.New("indexer: no index serves yet")
	// ErrLetterNotFound: there is no such dead letter.
	ErrLetterNotFound = errors.New("indexer: no such dead letter")
	// ErrNotReplayable: rows of orders come again only with the next snapshot.
	ErrNotReplayable = errors.New("indexer: only letters of the catalogue can be replayed")
)

// Reasons why a rebuild does not take the place of the serving generation.
var (
	errEmptySource = errors.New("the collection is missing or holds no product that can be shown; the serving index keeps its products")
)

// errForeign: a generation was handed to a store that did not make it.
var errForeign = errors.New("generation belongs to another store")

// errSessionEnded: a source's stream ended without saying why.
var errSessionEnded = errors.New("the stream ended")
