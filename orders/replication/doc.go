// Package replication follows stock and order lines in Postgres, in Aisle's own
// tables or a shop's, mapped by Config: a snapshot under a slot's exported
// snapshot, then logical replication.
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
//
// What is derived from rows (units sold, availability) is left to others.
package replication
