// Package request reads what callers send: parameters, bodies of searches and of
// orders.
//
// Invariants:
//   - What gets through keeps to the bounds of the HTTP contract; databases and
//     index never see anything else.
//   - A parameter that nobody asked for, or that is given twice, is an error.
//   - The same request always becomes the same value, however it was spelled.
//
// Errors are *Error or *strictjson.Error, and search.ErrInvalidCursor. What
// status they get is decided by web.
package request
