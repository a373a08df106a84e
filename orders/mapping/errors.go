package mapping

import "errors"

// What Find answers of tables that cannot be followed. Each is wrapped with one
// sentence that tells what to do about it.
var (
	ErrTableMissing  = errors.New("a mapped table does not exist")
	ErrColumnMissing = errors.New("a mapped column does not exist")
	ErrColumnType    = errors.New("a mapped column has a type that cannot be used")
	ErrIdentity      = errors.New("a mapped table does not name its rows in the log")
)

// What rows can no longer be read for. Everything has to be read again.
var (
	ErrTableReplaced = errors.New("a mapped table was replaced by another, or had another shape for a while")
	ErrToast         = errors.New("an unchanged large value was left out of the log")
)
