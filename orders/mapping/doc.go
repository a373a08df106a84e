// Package mapping reads a shop's own tables: it looks up those that a
// configuration names, checks that they can be followed, and reads the values of
// their rows.
//
// Invariants:
//   - A row gives the same values by whichever way it comes, selected or from the
//     log.
//   - Odd values of mapped columns have a meaning each and are no error.
//   - A large value that the log left out is taken from the old row or is
//     ErrToast, never null.
//
// What changes in which order is left to others.
package mapping
