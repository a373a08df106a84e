// Package orders keeps orders, their lines and stock in Postgres, and places
// orders so that stock is never oversold.
//
// Store places, cancels and reads orders in Aisle's own tables (Migrate).
//
// Invariants:
//   - An order, what it reserves and the answer to its idempotency key are
//     committed together or not at all.
//   - The position that comes with a write is not before the end of its
//     transaction: who follows the log and has reached it has the write.
//
// Following stock and order lines is package replication's work. Everything about
// the catalogue is left to others.
package orders
