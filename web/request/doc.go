// Package request reads what callers send: parameters, values of paths, bodies, and
// what those of searches and of orders mean.
//
// Invariants:
//   - What gets through keeps to the bounds of the HTTP contract; databases and
//     index never see anything else.
//   - A parameter that nobody asked for, or that is given twice, is an error.
//   - The same request always becomes the same value, however it was spelled.
//
// Errors are *Error, *MediaTypeError or *strictjson.Error, search.ErrInvalidCursor,
// *http.MaxBytesError and context.Canceled. What status they get is decided by web.
package request
