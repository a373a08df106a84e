// Package orders keeps orders, their lines and stock in Postgres, places
// orders so that stock is never oversold, and follows stock and order lines: a
// snapshot under a slot's exported snapshot, then logical replication.
//
// Store places, cancels and reads orders in Aisle's own tables (Migrate). Source
// follows either those or a shop's own, mapped by Config.
//
// Invariants:
//   - Changes are handed over in commit order, a transaction never split by
//     another's rows, and OpCommit ends each transaction.
//   - A row's changes carry its key, so that applying one twice is the same as
//     once.
//   - The server is told an LSN is flushed only after Acknowledge was called
//     with it.
//   - Rows that a Stream could have missed end it with an error for which
//     NeedsSnapshot is true; it never skips them and goes on.
//   - An order, what it reserves and the answer to its idempotency key are
//     committed together or not at all.
//
// What is derived from rows (units sold, availability) and everything about the
// catalogue are left to others.
package orders
