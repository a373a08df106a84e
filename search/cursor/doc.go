// Package cursor seals what cursors say, and keeps the views alive that they began on.
//
// Invariants:
//   - Nobody without the key can read, alter or make a cursor.
//   - Views are kept for a bounded time and in a bounded number; paging goes on without
//     them.
//
// What a cursor says is left to package search.
package cursor
