// Package cursor seals the places in an order history into cursors.
//
// Invariants:
//   - Nobody without the key can make, read or change a cursor.
//   - A cursor continues the history it came from and no other: same caller,
//     customer and times.
//
// Cursors of searches are search's own.
package cursor
