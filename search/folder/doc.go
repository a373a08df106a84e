// Package folder keeps a data folder: it is one process's at a time, and files in it
// are replaced whole.
//
// Invariants:
//   - A file that was replaced is the old one or the new one after any crash.
//   - Whoever holds the lock is named in it.
//
// What the files say is left to others.
package folder
