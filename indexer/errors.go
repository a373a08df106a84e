package indexer

import (
	"errors"

	"github.com/aisle-search/aisle/indexer/drift"
	"github.com/aisle-search/aisle/indexer/rebuild"
	"github.com/aisle-search/aisle/search"
)

// Errors of operating the pipeline.
var (
	// ErrReindexRunning: a rebuild is under way.
	ErrReindexRunning = rebuild.ErrRunning
	// ErrReindexNotRunning: there is no rebuild to stop.
	ErrReindexNotRunning = rebuild.ErrNotRunning
	// ErrVerifyRunning: a comparison that somebody asked for is under way.
	ErrVerifyRunning = drift.ErrRunning
	// ErrNoPrevious: there is no generation to roll back to.
	ErrNoPrevious = search.ErrNoPrevious
	// ErrNotReady: no generation serves yet.
	ErrNotReady = errors.New("indexer: no index serves yet")
	// ErrLetterNotFound: there is no such dead letter.
	ErrLetterNotFound = errors.New("indexer: no such dead letter")
	// ErrNotReplayable: rows of orders come again only with the next snapshot.
	ErrNotReplayable = errors.New("indexer: only letters of the catalogue can be replayed")
)

// errForeign: a generation was handed to a store that did not make it.
var errForeign = errors.New("generation belongs to another store")
