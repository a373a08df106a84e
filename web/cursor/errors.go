package cursor

import "errors"

// ErrMismatch: the cursor belongs to another history.
var ErrMismatch = errors.New("cursor belongs to another history")
