package ops

import "errors"

// What cannot be answered now.
var (
	// ErrStopping: the service was told to stop.
	ErrStopping = errors.New("ops: the service is stopping")
	// ErrNoReindex: there was no rebuild since the start.
	ErrNoReindex = errors.New("ops: no reindex since the start")
	// ErrFollowers: as many follow the rebuild as may.
	ErrFollowers = errors.New("ops: too many follow the reindex")
	// ErrNoVerify: nothing was compared since the start.
	ErrNoVerify = errors.New("ops: no comparison since the start")
)
