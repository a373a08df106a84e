package rebuild

import (
	"errors"
	"fmt"
)

// Errors of asking for a rebuild.
var (
	// ErrRunning: a rebuild is under way.
	ErrRunning = errors.New("indexer: a rebuild is already running")
	// ErrNotRunning: there is no rebuild to stop.
	ErrNotRunning = errors.New("indexer: no rebuild is running")
)

// Reasons why a new generation does not serve.
var (
	// ErrEmptySource: there is nothing to serve, and something that serves.
	ErrEmptySource = errors.New("the collection is missing or holds no product that can be shown; the serving index keeps its products")
	// ErrRefused: a complete generation did not pass a gate. It is kept on disk.
	ErrRefused = errors.New("the new generation is refused")
	// ErrMostlyDead: the schema and the documents do not go together.
	ErrMostlyDead = fmt.Errorf("%w: more than half of the documents do not fit the schema", ErrRefused)
	// ErrWorse: it ranks worse. Building it again would not change that.
	ErrWorse = fmt.Errorf("%w: it ranks worse; reindex with force to let it serve all the same", ErrRefused)
)
