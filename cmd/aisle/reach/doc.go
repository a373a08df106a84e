// Package reach sees to it that the databases a server needs are there when it starts,
// or are waited for.
//
// Invariants:
//   - What only an operator can mend ends the start.
//   - A database that is away ends it only while there is no index to answer from.
//
// What makes a database fit for use is its package's.
package reach
