// Package ledger keeps what the index needs of orders and stock: the rows it
// was told of and, per product, their sums, with the position they stand for in
// the same transaction.
//
// Invariants:
//   - Sums are those of the rows held, so that a row told twice counts once.
//   - The position is stored in the transaction of the rows it covers.
//   - A snapshot takes the place of the rows before it in one transaction; one
//     that was not finished leaves them untouched.
//   - Lines of days at or before the horizon count for nothing and are dropped
//     in bounded steps; the horizon never moves back.
//
// Reading Postgres and publishing signals are left to others.
package ledger
