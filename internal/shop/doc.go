// Package shop is a shop at work on its own two databases: what writes to them, what they
// hold, and the tokens of what was written.
//
// Invariants:
//   - It knows MongoDB and Postgres, and nothing of Aisle: what it reads is the truth that
//     an index is held against.
//   - What a worker does next comes from the seed and the worker's number alone.
//   - Whoever starts a crew waits for it.
//
// How an index is asked, and what of it is right, is left to others.
package shop
