package ledger

import "errors"

// ErrRow: a row's key or product cannot be kept.
var ErrRow = errors.New("ledger: row cannot be kept")

// errRecord: a stored record cannot be read.
var errRecord = errors.New("ledger: record is damaged")
