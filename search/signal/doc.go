// Package signal holds the numbers of products that change all the time, stock and
// sales, and gives every product its number.
//
// Invariants:
//   - A product's number never changes while the process lives, and numbers are given
//     without gaps.
//   - A snapshot never changes: a change copies the chunk that it falls in.
//
// Where signals come from, and what they do to a score, is left to others.
package signal
